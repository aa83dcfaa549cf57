// The seal: encryption of anything to one or more recipients. docs/formats.md, "Seal". Any part of a seal can be made by itself, given file key
// and salt, so that an upload goes on where it was interrupted, and gigabytes pass through constant memory.
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { KeyWrap, type SealHeader, SealHeaderSchema } from '@proto/seal_pb';
import { type Bytes, concat, constantTimeEqual, equal, plain, random, sha256, textOf, u32, utf8 } from './bytes.ts';
import { JinduError, orRefuse } from './errors.ts';
import { decode, encode } from './messages.ts';

export const chunkBytes = 16 * 1024;
export const sealedChunkBytes = chunkBytes + 16;
export const headerMax = 65_536;
export const bindingMax = 1_024;
export const recipientsMax = 16;
const saltBytes = 24;
const commitmentBytes = 32;
const chunksMax = 2 ** 32;
const magic = utf8('JDS1');
// So many chunk operations are under way at once: enough to keep the browser's threads busy, few enough to stay small.
const inFlight = 64;

export interface Recipient {
  readonly keyId: Bytes;
  readonly wrap: KeyWrap.HPKE_P256 | KeyWrap.RSA_OAEP_SHA256;
  readonly key: CryptoKey; // public
}

// What opens a seal: a private key, or, for materials, the file key itself.
export interface OpeningKey {
  readonly keyId: Bytes;
  readonly wrap: KeyWrap.HPKE_P256 | KeyWrap.RSA_OAEP_SHA256;
  readonly key: CryptoKeyPair; // the private one need not be extractable
}
export type Opener = OpeningKey | { readonly fileKey: Uint8Array };

const hpke = () => new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const wrapInfo = (binding: string): Bytes => concat(utf8('jindu/seal/v1'), new Uint8Array(1), utf8(binding));
const malformed = (detail: string) => new JinduError('seal.malformed', detail);

export const newFileKey = (): Bytes => random(32);
export const newSalt = (): Bytes => random(saltBytes);

// Whom a public key (SubjectPublicKeyInfo, DER) makes a recipient. Only P-256 and RSA keys are.
export async function recipientOf(spki: Uint8Array): Promise<Recipient> {
  const keyId = await sha256(spki);
  const { subtle } = crypto;
  try {
    return { keyId, wrap: KeyWrap.HPKE_P256, key: await subtle.importKey('spki', plain(spki), { name: 'ECDH', namedCurve: 'P-256' }, true, []) };
  } catch {
    const key = await orRefuse('key.unsupported', 'neither a P-256 nor an RSA key', () =>
      subtle.importKey('spki', plain(spki), { name: 'RSA-OAEP', hash: 'SHA-256' }, true, ['encrypt']));
    return { keyId, wrap: KeyWrap.RSA_OAEP_SHA256, key };
  }
}

// Everything before the payload.
export async function makePrefix(recipients: readonly Recipient[], binding: string, fileKey: Uint8Array): Promise<Bytes> {
  if (recipients.length > recipientsMax) throw new JinduError('seal.recipients', 'a seal has at most 16 recipients');
  if (utf8(binding).length > bindingMax) throw new JinduError('seal.binding', 'a binding has at most 1,024 bytes');
  const info = wrapInfo(binding);
  const wrapped = await Promise.all(recipients.map(async ({ keyId, wrap, key }) => {
    if (wrap === KeyWrap.RSA_OAEP_SHA256) {
      const wrappedKey = new Uint8Array(await crypto.subtle.encrypt({ name: 'RSA-OAEP', label: info }, key, plain(fileKey)));
      return { keyId, wrap, wrappedKey };
    }
    const { ct, enc } = await hpke().seal({ recipientPublicKey: key, info: info.buffer }, plain(fileKey), keyId);
    return { keyId, wrap, encapsulated: new Uint8Array(enc), wrappedKey: new Uint8Array(ct) };
  }));
  const header = encode(SealHeaderSchema, { suite: 1, binding: utf8(binding), recipients: wrapped });
  return concat(magic, u32(header.length), header);
}

interface Schedule {
  readonly key: CryptoKey;
  readonly base: Bytes;
  readonly commitment: Bytes;
}

// HKDF-Expand-SHA-512 for 76 bytes: two blocks. WebCrypto offers HKDF only with its extraction, which the format leaves out.
async function schedule(fileKey: Uint8Array, salt: Uint8Array, prefix: Uint8Array): Promise<Schedule> {
  if (fileKey.length !== 32) throw new JinduError('seal.wrong_key', 'a file key has 32 bytes');
  const info = concat(utf8('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM'), new Uint8Array(1), salt, prefix);
  const hmac = await crypto.subtle.importKey('raw', plain(fileKey), { name: 'HMAC', hash: 'SHA-512' }, false, ['sign']);
  const first = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, concat(info, Uint8Array.of(1))));
  const second = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, concat(first, info, Uint8Array.of(2))));
  const out = concat(first, second);
  const key = await crypto.subtle.importKey('raw', out.slice(0, 32), 'AES-GCM', false, ['encrypt', 'decrypt']);
  return { key, base: out.slice(32, 44), commitment: out.slice(44, 76) };
}

// The chunk's number, big-endian, into the last eight bytes of the base nonce by exclusive or.
function nonceOf(base: Bytes, chunk: number): Bytes {
  const nonce = base.slice();
  const view = new DataView(nonce.buffer);
  view.setUint32(8, view.getUint32(8) ^ (chunk >>> 0));
  view.setUint32(4, view.getUint32(4) ^ Math.floor(chunk / 2 ** 32));
  return nonce;
}

// Runs `work` for 0 to count - 1, some at a time, and waits for all; the first failure ends it.
async function each(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
}

export const sealedSize = (plaintext: number, prefix: number): number =>
  prefix + saltBytes + commitmentBytes + plaintext + (Math.floor(plaintext / chunkBytes) + 1) * 16;

// Makes any range of one seal. The same file key, salt and prefix must never meet another plaintext.
export class Sealer {
  private constructor(
    readonly head: Bytes, // prefix, salt and commitment
    private readonly keys: Schedule,
    readonly plaintextSize: number,
  ) {}

  static async start(prefix: Uint8Array, fileKey: Uint8Array, salt: Uint8Array, plaintextSize: number): Promise<Sealer> {
    if (salt.length !== saltBytes) throw new JinduError('seal.malformed', 'a salt has 24 bytes');
    const keys = await schedule(fileKey, salt, prefix);
    return new Sealer(concat(prefix, salt, keys.commitment), keys, plaintextSize);
  }

  // The last chunk is shorter than a full one, so that an end can be told from a cut: it may be empty.
  get chunks(): number {
    return Math.floor(this.plaintextSize / chunkBytes) + 1;
  }
  get size(): number {
    return this.head.length + this.plaintextSize + this.chunks * 16;
  }

  // Seals whole chunks; `plaintext` is that of the chunks from `first` on, all full but possibly the seal's last.
  async sealChunks(first: number, plaintext: Uint8Array): Promise<Bytes> {
    const end = Math.min(this.plaintextSize, first * chunkBytes + plaintext.length);
    const last = end === this.plaintextSize ? this.chunks : end / chunkBytes;
    if (!Number.isInteger(last) || first * chunkBytes + plaintext.length > this.plaintextSize) throw new RangeError('whole chunks are sealed');
    const sealed = new Uint8Array(plaintext.length + (last - first) * 16);
    await each(last - first, async (i) => {
      const chunk = plain(plaintext).subarray(i * chunkBytes, (i + 1) * chunkBytes);
      sealed.set(new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonceOf(this.keys.base, first + i) }, this.keys.key, chunk)), i * sealedChunkBytes);
    });
    return sealed;
  }
}

export async function seal(recipients: readonly Recipient[], binding: string, plaintext: Uint8Array): Promise<Bytes> {
  const fileKey = newFileKey();
  const sealer = await Sealer.start(await makePrefix(recipients, binding, fileKey), fileKey, newSalt(), plaintext.length);
  return concat(sealer.head, await sealer.sealChunks(0, plaintext));
}

export interface SealInfo {
  readonly binding: string;
  readonly recipients: readonly Bytes[]; // key ids
  readonly prefixBytes: number;
}

interface Prefix {
  readonly header: SealHeader;
  readonly bytes: Bytes;
}

function checkHeader(header: SealHeader): void {
  if (header.suite !== 1) throw new JinduError('seal.unknown_suite', `suite ${header.suite} is not known`);
  if (header.binding.length > bindingMax) throw malformed('the binding is over 1,024 bytes');
  if (header.recipients.length > recipientsMax) throw malformed('more than 16 recipients');
  for (const recipient of header.recipients) {
    const { length } = recipient.wrappedKey;
    if (recipient.keyId.length !== 32) throw malformed('a key id has 32 bytes');
    if (recipient.wrap === KeyWrap.HPKE_P256) {
      if (recipient.encapsulated.length !== 65 || length !== 48) throw malformed('the lengths of an HPKE recipient are 65 and 48');
    } else if (recipient.wrap === KeyWrap.RSA_OAEP_SHA256) {
      if (recipient.encapsulated.length !== 0 || length < 256 || length > 512) throw malformed('the lengths of an RSA recipient are 0 and those of the modulus');
    } else {
      throw new JinduError('seal.unknown_suite', 'a way to wrap keys that is not known');
    }
  }
}

// Nothing while `beginning` holds too little of the seal to tell.
function parsePrefix(beginning: Bytes): Prefix | undefined {
  const seen = Math.min(beginning.length, magic.length);
  if (!equal(beginning.subarray(0, seen), magic.subarray(0, seen))) throw new JinduError('seal.magic', 'this is not a seal');
  if (beginning.length < 8) return undefined;
  const length = new DataView(beginning.buffer, beginning.byteOffset).getUint32(4);
  if (length > headerMax) throw new JinduError('seal.too_large', 'the header is over 64 KiB');
  if (beginning.length < 8 + length) return undefined;
  const header = decode(SealHeaderSchema, beginning.subarray(8, 8 + length), 'seal.malformed');
  checkHeader(header);
  return { header, bytes: beginning.slice(0, 8 + length) };
}

export function inspectSeal(sealed: Bytes): SealInfo {
  const prefix = parsePrefix(sealed);
  if (!prefix) throw new JinduError('seal.truncated', 'it ends within its beginning');
  let binding: string;
  try {
    binding = textOf(prefix.header.binding);
  } catch {
    throw malformed('the binding is no text');
  }
  return { binding, recipients: prefix.header.recipients.map((r) => plain(r.keyId)), prefixBytes: prefix.bytes.length };
}

async function fileKeyOf({ header }: Prefix, binding: string, opener: Opener): Promise<Uint8Array> {
  if ('fileKey' in opener) return opener.fileKey;
  const recipient = header.recipients.find((r) => equal(r.keyId, opener.keyId));
  if (!recipient) throw new JinduError('seal.not_a_recipient', 'this key is not among the recipients');
  if (recipient.wrap !== opener.wrap) throw malformed("the recipient's key is of another kind");
  const info = wrapInfo(binding);
  const fileKey = await orRefuse('seal.wrong_key', 'the wrapped key does not open: it was changed, or sealed for another purpose', () =>
    opener.wrap === KeyWrap.RSA_OAEP_SHA256
      ? crypto.subtle.decrypt({ name: 'RSA-OAEP', label: info }, opener.key.privateKey, plain(recipient.wrappedKey))
      : hpke().open({ recipientKey: opener.key, enc: plain(recipient.encapsulated).slice().buffer, info: info.buffer }, plain(recipient.wrappedKey), opener.keyId));
  if (fileKey.byteLength !== 32) throw new JinduError('seal.wrong_key', 'the wrapped key has another length');
  return new Uint8Array(fileKey);
}

// Reads a stream in pieces of any wished size.
class Pieces {
  private held: Bytes[] = [];
  private length = 0;
  private ended = false;
  constructor(private readonly source: ReadableStreamDefaultReader<Uint8Array>) {}

  // At least `wanted` bytes unless the stream ends before; all that is held.
  async peek(wanted: number): Promise<Bytes> {
    while (this.length < wanted && !this.ended) {
      const { value, done } = await this.source.read();
      if (done) this.ended = true;
      else {
        this.held.push(plain(value));
        this.length += value.length;
      }
    }
    if (this.held.length !== 1) this.held = [concat(...this.held)];
    return this.held[0]!;
  }
  skip(count: number): void {
    const rest = this.held[0]!.subarray(count);
    this.held = [rest];
    this.length = rest.length;
  }
}

const streamOf = (sealed: Blob | Uint8Array | ReadableStream<Uint8Array>): ReadableStream<Uint8Array> =>
  sealed instanceof ReadableStream ? sealed : (sealed instanceof Blob ? sealed : new Blob([plain(sealed)])).stream();

// Gives out plaintext that is authentic so far, but may still turn out to be cut short: use it only once the last came. `openSeal` and
// `openToBlob` see to that.
export async function* openChunks(sealed: Blob | Uint8Array | ReadableStream<Uint8Array>, opener: Opener, binding: string): AsyncGenerator<Bytes> {
  const reader = streamOf(sealed).getReader();
  try {
    const pieces = new Pieces(reader);
    let beginning = await pieces.peek(8);
    let prefix = parsePrefix(beginning);
    if (!prefix && beginning.length >= 8) {
      beginning = await pieces.peek(8 + new DataView(beginning.buffer, beginning.byteOffset).getUint32(4));
      prefix = parsePrefix(beginning);
    }
    if (!prefix) throw new JinduError('seal.truncated', 'it ends within its beginning');
    if (!equal(prefix.header.binding, utf8(binding))) throw new JinduError('seal.binding', 'this seal belongs to something else');
    const fileKey = await fileKeyOf(prefix, binding, opener);
    pieces.skip(prefix.bytes.length);
    const salted = await pieces.peek(saltBytes + commitmentBytes);
    if (salted.length < saltBytes + commitmentBytes) throw new JinduError('seal.truncated', 'it ends within its beginning');
    const keys = await schedule(fileKey, salted.slice(0, saltBytes), prefix.bytes);
    if (!constantTimeEqual(keys.commitment, salted.subarray(saltBytes, saltBytes + commitmentBytes)))
      throw new JinduError('seal.commitment', 'the key is not the one this was sealed with, or the beginning was changed');
    pieces.skip(saltBytes + commitmentBytes);
    for (let chunk = 0; ; ) {
      const held = await pieces.peek(sealedChunkBytes * inFlight);
      const full = Math.min(inFlight, Math.floor(held.length / sealedChunkBytes));
      const ends = full < inFlight;
      const taken = ends ? held : held.subarray(0, full * sealedChunkBytes);
      if (ends && held.length - full * sealedChunkBytes < 16) throw new JinduError('seal.truncated', 'the last chunk is missing');
      const count = full + (ends ? 1 : 0);
      if (chunk + count > chunksMax) throw new JinduError('seal.too_large', 'more chunks than a seal may have');
      const plaintext = new Uint8Array(taken.length - count * 16);
      await each(count, async (i) => {
        const opened = await orRefuse('seal.chunk', `chunk ${chunk + i} does not authenticate`, () =>
          crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonceOf(keys.base, chunk + i) }, keys.key, taken.subarray(i * sealedChunkBytes, (i + 1) * sealedChunkBytes)));
        plaintext.set(new Uint8Array(opened), i * chunkBytes);
      });
      pieces.skip(taken.length);
      chunk += count;
      if (plaintext.length > 0) yield plaintext;
      if (ends) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

export async function openSeal(sealed: Uint8Array, opener: Opener, binding: string): Promise<Bytes> {
  const parts: Bytes[] = [];
  for await (const part of openChunks(sealed, opener, binding)) parts.push(part);
  return concat(...parts);
}

// For what may be too large for memory: browsers keep a large Blob on disk.
export async function openToBlob(sealed: Blob | ReadableStream<Uint8Array>, opener: Opener, binding: string, type = 'application/octet-stream'): Promise<Blob> {
  const parts: Blob[] = [];
  for await (const part of openChunks(sealed, opener, binding)) parts.push(new Blob([part]));
  return new Blob(parts, { type });
}
