// Reading protobuf from outside: exact, without unknown fields, so that nothing rides along unseen.
import { create, type DescMessage, fromBinary, type Message, type MessageInitShape, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { type Bytes, plain } from './bytes.ts';
import { JinduError } from './errors.ts';

function hasUnknownFields(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasUnknownFields);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  if (((value as Message).$unknown?.length ?? 0) > 0) return true;
  return Object.entries(value).some(([name, member]) => name !== '$unknown' && hasUnknownFields(member));
}

// What is only carried may come from a newer program: fields that are not known here are passed over. Byte fields are views into `bytes`, never copies.
export function decodePerhapsNewer<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array, code = 'message.malformed'): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw new JinduError(code, `not a ${schema.typeName}`, undefined, { cause });
  }
}

export function decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array, code = 'message.malformed'): MessageShape<Desc> {
  const message = decodePerhapsNewer(schema, bytes, code);
  if (hasUnknownFields(message)) throw new JinduError(code, `${schema.typeName} with fields that are not known`);
  return message;
}

export const encode = <Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Bytes => plain(toBinary(schema, create(schema, init)));
