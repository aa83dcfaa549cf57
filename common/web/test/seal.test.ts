import { beforeAll, describe, expect, it } from 'vitest';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { KeyWrap, SealHeaderSchema } from '@proto/seal_pb';
import { type Bytes, concat, plain, random, u32, utf8 } from '@common/bytes.ts';
import {
  chunkBytes, inspectSeal, makePrefix, newFileKey, newSalt, type OpeningKey, openChunks, openSeal, openToBlob, type Recipient, recipientOf, seal, sealedChunkBytes, sealedSize,
  Sealer,
} from '@common/seal.ts';
import { refusal } from './support.ts';

const binding = 'dossier/0192f0c4-7d3e-7c1a-9b1e-000000000001';

async function newParty(kind: 'ec' | 'rsa'): Promise<{ recipient: Recipient; opener: OpeningKey }> {
  const key = (kind === 'ec'
    ? await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])
    : await crypto.subtle.generateKey({ name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }, false, ['encrypt', 'decrypt'])) as CryptoKeyPair;
  const recipient = await recipientOf(new Uint8Array(await crypto.subtle.exportKey('spki', key.publicKey)));
  return { recipient, opener: { keyId: recipient.keyId, wrap: recipient.wrap, key } };
}

// `bytes` with one bit changed.
function flipped(bytes: Bytes, at: number): Bytes {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
}

function withHeader(sealed: Bytes, change: (header: ReturnType<typeof readHeader>) => void): Bytes {
  const header = readHeader(sealed);
  change(header);
  const bytes = toBinary(SealHeaderSchema, header);
  return concat(utf8('JDS1'), u32(bytes.length), bytes, sealed.subarray(inspectSeal(sealed).prefixBytes));
}
const readHeader = (sealed: Bytes) => fromBinary(SealHeaderSchema, sealed.subarray(8, inspectSeal(sealed).prefixBytes));

describe('a seal', () => {
  let ec: Awaited<ReturnType<typeof newParty>>, rsa: typeof ec, stranger: typeof ec;
  let sealed: Bytes;
  beforeAll(async () => {
    [ec, rsa, stranger] = await Promise.all([newParty('ec'), newParty('rsa'), newParty('ec')]);
    sealed = await seal([ec.recipient, rsa.recipient], binding, utf8('保密'));
  });

  it.each([0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 64 * chunkBytes, 64 * chunkBytes + 5, 129 * chunkBytes])('of %i bytes opens for each recipient', async (size) => {
    const plaintext = new Uint8Array(size);
    for (let at = 0; at < size; at += 65536) crypto.getRandomValues(plaintext.subarray(at, Math.min(size, at + 65536)));
    const made = await seal([ec.recipient, rsa.recipient], binding, plaintext);
    expect(made.length).toBe(sealedSize(size, inspectSeal(made).prefixBytes));
    for (const { opener } of [ec, rsa]) expect(Buffer.compare(await openSeal(made, opener, binding), plaintext)).toBe(0);
  });

  it('says its binding and recipients in order', () => {
    const info = inspectSeal(sealed);
    expect(info.binding).toBe(binding);
    expect(info.recipients).toEqual([ec.recipient.keyId, rsa.recipient.keyId]);
  });

  it('opens for nobody else, for no other purpose and with no other file key', async () => {
    expect(await refusal(() => openSeal(sealed, stranger.opener, binding))).toBe('seal.not_a_recipient');
    expect(await refusal(() => openSeal(sealed, ec.opener, binding + '0'))).toBe('seal.binding');
    expect(await refusal(() => openSeal(sealed, { fileKey: newFileKey() }, binding))).toBe('seal.commitment');
    const imposter: OpeningKey = { ...stranger.opener, keyId: ec.recipient.keyId };
    expect(await refusal(() => openSeal(sealed, imposter, binding))).toBe('seal.wrong_key');
  });

  it('is refused after the change of any byte', async () => {
    const codes = new Set<string>();
    for (let at = 0; at < sealed.length; at++) codes.add(await refusal(() => openSeal(flipped(sealed, at), ec.opener, binding)));
    expect(codes).not.toContain('nothing');
    expect(codes).not.toContain('unexpected');
  });

  it('is refused wherever it is cut', async () => {
    const codes = new Set<string>();
    for (let length = 0; length < sealed.length; length++) codes.add(await refusal(() => openSeal(sealed.slice(0, length), ec.opener, binding)));
    expect([...codes].sort()).toEqual(['seal.chunk', 'seal.truncated']);
  });

  it('is refused when cut at a chunk, extended, reordered or spliced', async () => {
    const plaintext = random(3 * chunkBytes + 100);
    const fileKey = newFileKey();
    const prefix = await makePrefix([], binding, fileKey);
    const one = await Sealer.start(prefix, fileKey, newSalt(), plaintext.length);
    const chunks = await one.sealChunks(0, plaintext);
    const chunk = (i: number) => chunks.subarray(i * sealedChunkBytes, (i + 1) * sealedChunkBytes);
    const open = (...parts: Bytes[]) => openSeal(concat(one.head, ...parts), { fileKey }, binding);
    expect(await open(chunks)).toEqual(plaintext);
    expect(await refusal(() => open(chunk(0), chunk(1), chunk(2)))).toBe('seal.truncated');
    expect(await refusal(() => open(chunk(0), chunk(2), chunk(1), chunk(3)))).toBe('seal.chunk');
    expect(await refusal(() => open(chunk(0), chunk(1), chunk(2), chunk(3), Uint8Array.of(0)))).toBe('seal.chunk');
    expect(await refusal(() => open(chunk(0), chunk(3)))).toBe('seal.chunk');
    const other = await Sealer.start(prefix, fileKey, newSalt(), plaintext.length);
    const otherChunks = await other.sealChunks(0, plaintext);
    expect(await refusal(() => open(chunk(0), otherChunks.subarray(sealedChunkBytes)))).toBe('seal.chunk');
  });

  it('is refused with another header, even where the wrapped key still opens', async () => {
    const open = (changed: Bytes) => refusal(() => openSeal(changed, ec.opener, binding));
    expect(await open(withHeader(sealed, (h) => h.recipients.reverse()))).toBe('seal.commitment');
    expect(await open(withHeader(sealed, (h) => h.recipients.pop()))).toBe('seal.commitment');
    expect(await open(withHeader(sealed, (h) => { h.recipients[1]!.keyId = stranger.recipient.keyId; }))).toBe('seal.commitment');
    expect(await open(withHeader(sealed, (h) => { h.recipients.push(h.recipients[0]!); }))).toBe('seal.commitment');
    expect(await open(withHeader(sealed, (h) => { h.suite = 2; }))).toBe('seal.unknown_suite');
    expect(await open(withHeader(sealed, (h) => { h.recipients[0]!.wrap = 3 as KeyWrap; }))).toBe('seal.unknown_suite');
    expect(await open(withHeader(sealed, (h) => { h.recipients[0]!.wrappedKey = new Uint8Array(47); }))).toBe('seal.malformed');
    expect(await open(withHeader(sealed, (h) => { h.recipients[1]!.encapsulated = new Uint8Array(1); }))).toBe('seal.malformed');
    expect(await open(withHeader(sealed, (h) => { h.binding = new Uint8Array(1025); }))).toBe('seal.malformed');
    expect(await open(withHeader(sealed, (h) => { h.recipients = Array.from({ length: 17 }, () => h.recipients[0]!); }))).toBe('seal.malformed');
    expect(await open(withHeader(sealed, (h) => { h.$unknown = [{ no: 9, wireType: 0, data: Uint8Array.of(1) }]; }))).toBe('seal.malformed');
    expect(await open(withHeader(sealed, (h) => { h.recipients[0]!.$unknown = [{ no: 9, wireType: 0, data: Uint8Array.of(1) }]; }))).toBe('seal.malformed');
    expect(await open(concat(utf8('JDS1'), u32(65537), new Uint8Array(70000)))).toBe('seal.too_large');
    expect(await open(concat(utf8('JDS2'), sealed.subarray(4)))).toBe('seal.magic');
  });

  it('is not made beyond its limits', async () => {
    expect(await refusal(() => makePrefix(Array.from({ length: 17 }, () => ec.recipient), binding, newFileKey()))).toBe('seal.recipients');
    expect(await refusal(() => makePrefix([], '津'.repeat(342), newFileKey()))).toBe('seal.binding');
    expect(await refusal(() => makePrefix([], '津'.repeat(341), newFileKey()))).toBe('nothing');
    expect(await refusal(() => recipientOf(random(91)))).toBe('key.unsupported');
  });

  it('comes out the same wherever its making is taken up again', async () => {
    const plaintext = random(65536 - 3);
    const fileKey = newFileKey(), salt = newSalt();
    const prefix = await makePrefix([], 'material/x/y', fileKey);
    const whole = await (await Sealer.start(prefix, fileKey, salt, plaintext.length)).sealChunks(0, plaintext);
    const again = await Sealer.start(prefix, fileKey, salt, plaintext.length);
    for (let first = 0; first < again.chunks; first++) {
      expect(await again.sealChunks(first, plaintext.subarray(first * chunkBytes))).toEqual(whole.slice(first * sealedChunkBytes));
    }
    await expect(again.sealChunks(0, plaintext.subarray(0, 100))).rejects.toThrow(RangeError);
  });

  it('gives a Blob only when it was opened to its end', async () => {
    const plaintext = random(65536);
    const made = await seal([ec.recipient], binding, plaintext);
    expect(new Uint8Array(await (await openToBlob(new Blob([made]), ec.opener, binding)).arrayBuffer())).toEqual(plaintext);
    expect(await refusal(() => openToBlob(new Blob([made.subarray(0, made.length - 16)]), ec.opener, binding))).toBe('seal.truncated');
  });

  it('does not read on after a failure', async () => {
    let cancelled = false;
    const source = new ReadableStream<Uint8Array>({ pull: (c) => c.enqueue(new Uint8Array(64)), cancel: () => { cancelled = true; } });
    expect(await refusal(async () => { for await (const _ of openChunks(source, ec.opener, binding)); })).toBe('seal.magic');
    expect(cancelled).toBe(true);
  });

  it('has a header that another encoder could have made', () => {
    const header = readHeader(sealed);
    expect(plain(toBinary(SealHeaderSchema, create(SealHeaderSchema, header)))).toEqual(sealed.slice(8, inspectSeal(sealed).prefixBytes));
  });
});
