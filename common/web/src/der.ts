// ASN.1 DER, strictly: definite lengths in their shortest form, one-byte tags, nothing left over. What cannot be written twice cannot be read in two ways.
import { type Bytes, concat, plain } from './bytes.ts';
import { JinduError } from './errors.ts';

export const tags = {
  boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, null: 0x05, oid: 0x06, utf8: 0x0c, printable: 0x13, teletex: 0x14, ia5: 0x16, utcTime: 0x17,
  generalizedTime: 0x18, bmp: 0x1e, sequence: 0x30, set: 0x31,
} as const;
// Context-specific tags.
export const implicit = (number: number): number => 0x80 | number;
export const explicit = (number: number): number => 0xa0 | number;

const broken = (detail: string) => new JinduError('der.malformed', detail);

export class Der {
  constructor(
    readonly tag: number,
    readonly content: Bytes,
    readonly raw: Bytes, // with tag and length
  ) {}

  // The elements inside, of a constructed one.
  get children(): Der[] {
    const inside: Der[] = [];
    for (let at = 0; at < this.content.length; ) {
      const one = readOne(this.content.subarray(at));
      inside.push(one);
      at += one.raw.length;
    }
    return inside;
  }

  is(tag: number): boolean {
    return this.tag === tag;
  }
  expect(tag: number): this {
    if (this.tag !== tag) throw broken(`tag ${this.tag.toString(16)} where ${tag.toString(16)} is due`);
    return this;
  }
  // The elements of a sequence or set.
  get sequence(): Der[] {
    return this.expect(tags.sequence).children;
  }
  get set(): Der[] {
    return this.expect(tags.set).children;
  }
  // The one element inside an explicit tag.
  get inner(): Der {
    return readDer(this.content);
  }

  get oid(): string {
    const { content } = this.expect(tags.oid);
    const parts: number[] = [];
    let value = 0;
    for (const [i, byte] of content.entries()) {
      if (value === 0 && byte === 0x80) throw broken('an object identifier with a leading zero');
      value = value * 128 + (byte & 0x7f);
      if (value > Number.MAX_SAFE_INTEGER / 128) throw broken('an object identifier that is too large');
      if (byte & 0x80) {
        if (i === content.length - 1) throw broken('an object identifier that is cut');
        continue;
      }
      if (parts.length === 0) {
        const first = Math.min(2, Math.floor(value / 40));
        parts.push(first, value - 40 * first);
      } else {
        parts.push(value);
      }
      value = 0;
    }
    if (parts.length === 0) throw broken('an empty object identifier');
    return parts.join('.');
  }
  get boolean(): boolean {
    const { content } = this.expect(tags.boolean);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw broken('a truth value that is neither');
    return content[0] === 0xff;
  }
  // Two's complement, big-endian, in its shortest form.
  get integer(): Bytes {
    const { content } = this.expect(tags.integer);
    if (content.length === 0 || (content.length > 1 && ((content[0] === 0 && content[1]! < 0x80) || (content[0] === 0xff && content[1]! >= 0x80))))
      throw broken('an integer that is not in its shortest form');
    return content;
  }
  get smallInteger(): number {
    const content = this.integer;
    if (content.length > 4 || content[0]! >= 0x80) throw broken('an integer out of range');
    return content.reduce((sum, byte) => sum * 256 + byte, 0);
  }
  get octets(): Bytes {
    return this.expect(tags.octets).content;
  }
  // A bit string of whole bytes.
  get bits(): Bytes {
    const { content } = this.expect(tags.bits);
    if (content[0] !== 0) throw broken('a bit string that is not of whole bytes');
    return content.subarray(1);
  }
  // The numbers of the bits that are set.
  get flags(): Set<number> {
    const { content } = this.expect(tags.bits);
    const unused = content[0];
    if (unused === undefined || unused > 7) throw broken('a bit string');
    const set = new Set<number>();
    for (let i = 0; i < (content.length - 1) * 8 - unused; i++) if (content[1 + (i >> 3)]! & (0x80 >> (i & 7))) set.add(i);
    return set;
  }
  get text(): string {
    try {
      switch (this.tag) {
        case tags.utf8:
        case tags.printable:
        case tags.ia5:
          return new TextDecoder('utf-8', { fatal: true }).decode(this.content);
        case tags.teletex:
          return Array.from(this.content, (byte) => String.fromCharCode(byte)).join('');
        case tags.bmp:
          return new TextDecoder('utf-16be', { fatal: true }).decode(this.content);
      }
    } catch (cause) {
      throw new JinduError('der.malformed', 'a text that is none', undefined, { cause });
    }
    throw broken('not a text');
  }
  get time(): Date {
    const text = Array.from(this.content, (byte) => String.fromCharCode(byte)).join('');
    const digits = this.is(tags.utcTime) ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) : this.is(tags.generalizedTime) ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) : null;
    if (!digits) throw broken('not a time');
    const [year, month, day, hour, minute, second] = digits.slice(1).map(Number) as [number, number, number, number, number, number];
    const full = this.is(tags.utcTime) ? (year < 50 ? 2000 + year : 1900 + year) : year;
    const date = new Date(Date.UTC(full, month - 1, day, hour, minute, second));
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) throw broken('a time that does not exist');
    return date;
  }
}

function readOne(bytes: Bytes): Der {
  const tag = bytes[0], first = bytes[1];
  if (tag === undefined || first === undefined) throw broken('it is cut');
  if ((tag & 0x1f) === 0x1f) throw broken('a tag of more than one byte');
  let length = first, at = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || bytes.length < 2 + count) throw broken('a length that is indefinite, too large or cut');
    length = bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0);
    at += count;
    if (bytes[2] === 0 || length < 0x80) throw broken('a length that is not in its shortest form');
  }
  if (bytes.length < at + length) throw broken('it is cut');
  return new Der(tag, bytes.subarray(at, at + length), bytes.subarray(0, at + length));
}

// Exactly one element, nothing behind it.
export function readDer(bytes: Uint8Array): Der {
  const one = readOne(plain(bytes));
  if (one.raw.length !== bytes.length) throw broken('bytes behind the end');
  return one;
}

export function der(tag: number, ...content: Uint8Array[]): Bytes {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const head = length < 0x80 ? [tag, length] : [tag, 0, ...lengthBytes(length)];
  if (length >= 0x80) head[1] = 0x80 | (head.length - 2);
  return concat(Uint8Array.from(head), ...content);
}
const lengthBytes = (length: number): number[] => (length < 256 ? [length] : [...lengthBytes(Math.floor(length / 256)), length % 256]);

export const derSequence = (...parts: Uint8Array[]): Bytes => der(tags.sequence, ...parts);
// DER puts the elements of a SET OF in the order of their bytes.
export const derSet = (...parts: Uint8Array[]): Bytes => der(tags.set, ...parts.toSorted(compareBytes));
export const derOctets = (bytes: Uint8Array): Bytes => der(tags.octets, bytes);
export const derNull = (): Bytes => der(tags.null);
export function derSmallInteger(value: number): Bytes {
  if (value < 0 || value > 127) throw new RangeError('0 to 127');
  return der(tags.integer, Uint8Array.of(value));
}
// An unsigned integer of any length.
export function derUnsigned(bytes: Uint8Array): Bytes {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const magnitude = bytes.subarray(start);
  return der(tags.integer, ...((magnitude[0] ?? 0) >= 0x80 ? [new Uint8Array(1), magnitude] : [magnitude]));
}
export function derOid(oid: string): Bytes {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const base128 = (value: number): number[] => (value < 128 ? [value] : [...base128(Math.floor(value / 128)).map((byte) => byte | 0x80), value % 128]);
  return der(tags.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}
export function derTime(date: Date): Bytes {
  const digits = date.toISOString().replace(/\.\d+Z$/, 'Z').replace(/[-:T]/g, '');
  const utc = date.getUTCFullYear() >= 1950 && date.getUTCFullYear() < 2050;
  return der(utc ? tags.utcTime : tags.generalizedTime, Uint8Array.from(utc ? digits.slice(2) : digits, (c) => c.charCodeAt(0)));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

// An ECDSA signature: SEQUENCE { r, s } in DER, r || s of fixed length in WebCrypto.
export function ecdsaToDer(raw: Uint8Array): Bytes {
  return derSequence(derUnsigned(raw.subarray(0, raw.length / 2)), derUnsigned(raw.subarray(raw.length / 2)));
}
export function ecdsaFromDer(signature: Uint8Array, bytes = 32): Bytes {
  const parts = readDer(signature).sequence;
  if (parts.length !== 2) throw broken('an ECDSA signature has two numbers');
  return concat(...parts.map((part) => {
    const value = part.integer;
    if (value[0]! >= 0x80) throw broken('a negative number');
    const magnitude = value.length > 1 && value[0] === 0 ? value.subarray(1) : value;
    if (magnitude.length > bytes) throw broken('a number that is too large');
    return concat(new Uint8Array(bytes - magnitude.length), magnitude);
  }));
}
