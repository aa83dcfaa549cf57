// One material on its way: a file whose seal is made range by range, in the order in which it is uploaded, while both digests are taken along. File key and salt decide
// every byte, so that an interrupted upload goes on at any offset.
import { createSHA256, type IHasher } from 'hash-wasm';
import type { Bytes } from './bytes.ts';
import { JinduError } from './errors.ts';
import { chunkBytes, makePrefix, sealedChunkBytes, Sealer } from './seal.ts';

export const materialMax = 2 * 1024 ** 3; // bytes of plaintext
// So much plaintext is read, sealed and hashed at a time: memory stays flat.
const stepChunks = 64;

export interface MaterialKey {
  readonly fileKey: Uint8Array;
  readonly salt: Uint8Array;
}
export interface MaterialDigests {
  readonly size: number;
  readonly sha256: string; // lower-case hex, as are all digests here
  readonly sealedSize: number;
  readonly sealedSha256: string;
}

export const materialBinding = (declarationId: string, uploadId: string): string => `material/${declarationId}/${uploadId}`;

export class SealedFile {
  private digested = 0; // chunks
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly file: Blob,
    private readonly sealer: Sealer,
    private readonly plain: IHasher,
    private readonly sealed: IHasher,
  ) {
    this.sealed.update(sealer.head);
  }

  static async start(file: Blob, binding: string, { fileKey, salt }: MaterialKey): Promise<SealedFile> {
    if (file.size > materialMax) throw new JinduError('dossier.too_large', 'a material has at most 2 GiB', '/materials');
    const [prefix, plain, sealed] = await Promise.all([makePrefix([], binding, fileKey), createSHA256(), createSHA256()]);
    return new SealedFile(file, await Sealer.start(prefix, fileKey, salt, file.size), plain, sealed);
  }

  get size(): number {
    return this.sealer.size;
  }

  // The bytes of the seal from `offset` on, `length` of them or up to its end.
  range(offset: number, length: number): Promise<Bytes> {
    return this.inTurn(() => this.make(offset, length));
  }

  // Seals what no range has covered yet.
  digests(): Promise<MaterialDigests> {
    return this.inTurn(async () => {
      while (this.digested < this.sealer.chunks) await this.step(this.digested);
      return { size: this.file.size, sha256: this.plainDigest(), sealedSize: this.size, sealedSha256: this.sealedDigest() };
    });
  }

  // A hasher gives its digest once.
  private finished: { plain?: string; sealed?: string } = {};
  private plainDigest = (): string => (this.finished.plain ??= this.plain.digest('hex'));
  private sealedDigest = (): string => (this.finished.sealed ??= this.sealed.digest('hex'));

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async make(offset: number, length: number): Promise<Bytes> {
    const end = Math.min(offset + length, this.size);
    if (!(offset >= 0) || end < offset) throw new RangeError('outside of the seal');
    const out = new Uint8Array(end - offset);
    const put = (from: number, bytes: Bytes) => {
      const begin = Math.max(from, offset), stop = Math.min(from + bytes.length, end);
      if (stop > begin) out.set(bytes.subarray(begin - from, stop - from), begin - offset);
    };
    const { head } = this.sealer;
    put(0, head);
    let chunk = Math.max(0, Math.floor((offset - head.length) / sealedChunkBytes));
    while (chunk < this.sealer.chunks && head.length + chunk * sealedChunkBytes < end) {
      const limit = Math.ceil((end - head.length) / sealedChunkBytes);
      const sealed = await this.step(chunk, Math.min(stepChunks, limit - chunk));
      put(head.length + chunk * sealedChunkBytes, sealed);
      chunk += Math.ceil(sealed.length / sealedChunkBytes);
    }
    return out;
  }

  private async step(chunk: number, count = stepChunks): Promise<Bytes> {
    const plaintext = await this.read(chunk * chunkBytes, (chunk + count) * chunkBytes);
    const sealed = await this.sealer.sealChunks(chunk, plaintext);
    // Told by what was sealed: where a file ends with a full chunk, the empty one that ends the seal comes with it, though nobody counted it.
    const end = chunk + Math.ceil(sealed.length / sealedChunkBytes);
    if (chunk <= this.digested && end > this.digested) {
      this.plain.update(plaintext.subarray((this.digested - chunk) * chunkBytes));
      this.sealed.update(sealed.subarray((this.digested - chunk) * sealedChunkBytes));
      this.digested = end;
    }
    return sealed;
  }

  private async read(from: number, to: number): Promise<Bytes> {
    try {
      const bytes = new Uint8Array(await this.file.slice(from, to).arrayBuffer());
      if (bytes.length !== Math.min(to, this.file.size) - from) throw new Error('shorter than it was');
      return bytes;
    } catch (cause) {
      throw new JinduError('material.changed', 'the file cannot be read or was changed meanwhile', '/materials', { cause });
    }
  }
}
