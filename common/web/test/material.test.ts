import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Bytes, concat } from '@common/bytes.ts';
import { materialBinding, materialMax, SealedFile } from '@common/material.ts';
import { chunkBytes, newFileKey, newSalt, openSeal, sealedChunkBytes } from '@common/seal.ts';
import { refusal } from './support.ts';

const binding = materialBinding('0192f0c4-7d3e-7c1a-9b1e-000000000001', '0192f0c4-7d3e-7c1a-9b1e-000000000002');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
function bytesOf(size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 2654435761) >>> 13;
  return bytes;
}

describe('a sealed file', () => {
  it.each([0, 5, chunkBytes, 64 * chunkBytes, 70 * chunkBytes - 1, 128 * chunkBytes, 200 * chunkBytes + 77])('of %i bytes opens with its file key and has the digests it tells', async (size) => {
    const plaintext = bytesOf(size), key = { fileKey: newFileKey(), salt: newSalt() };
    const file = await SealedFile.start(new Blob([plaintext]), binding, key);
    const sealed = await file.range(0, Infinity);
    expect(sealed.length).toBe(file.size);
    expect(Buffer.compare(await openSeal(sealed, { fileKey: key.fileKey }, binding), plaintext)).toBe(0);
    const digests = { size, sha256: sha256(plaintext), sealedSize: file.size, sealedSha256: sha256(sealed) };
    expect(await file.digests()).toEqual(digests);
    expect(await file.digests()).toEqual(digests);
    expect(await (await SealedFile.start(new Blob([plaintext]), binding, key)).digests()).toEqual(digests);
  });

  it('comes out the same in slices of any size, asked for at once, in any order or twice', async () => {
    const plaintext = bytesOf(150 * chunkBytes + 9), key = { fileKey: newFileKey(), salt: newSalt() };
    const whole = await (await SealedFile.start(new Blob([plaintext]), binding, key)).range(0, Infinity);
    for (const slice of [sealedChunkBytes, 100_000, 1_000_003]) {
      const file = await SealedFile.start(new Blob([plaintext]), binding, key);
      const offsets = Array.from({ length: Math.ceil(whole.length / slice) }, (_, i) => i * slice);
      const parts = await Promise.all(offsets.map((offset) => file.range(offset, slice)));
      expect(Buffer.compare(concat(...parts), whole)).toBe(0);
      expect((await file.digests()).sealedSha256).toBe(sha256(whole));
      for (const offset of offsets.toReversed()) expect(Buffer.compare(await file.range(offset, slice), whole.subarray(offset, offset + slice))).toBe(0);
      expect((await file.digests()).sealedSha256).toBe(sha256(whole));
    }
  });

  it('whose upload goes on in the middle still has the digests of the whole', async () => {
    const plaintext = bytesOf(100 * chunkBytes + 1), key = { fileKey: newFileKey(), salt: newSalt() };
    const whole = await (await SealedFile.start(new Blob([plaintext]), binding, key)).range(0, Infinity);
    const file = await SealedFile.start(new Blob([plaintext]), binding, key);
    for (const offset of [777_777, 1, whole.length - 1, whole.length]) expect(Buffer.compare(await file.range(offset, 300_000), whole.subarray(offset, offset + 300_000))).toBe(0);
    expect(await file.digests()).toMatchObject({ sha256: sha256(plaintext), sealedSha256: sha256(whole) });
    await expect(file.range(-1, 5)).rejects.toThrow(RangeError);
    await expect(file.range(whole.length + 1, 5)).rejects.toThrow(RangeError);
  });

  it('that is too large, or was changed while it is read, is refused', async () => {
    const key = { fileKey: newFileKey(), salt: newSalt() };
    const huge = { size: materialMax + 1 } as Blob;
    expect(await refusal(() => SealedFile.start(huge, binding, key))).toBe('dossier.too_large');
    const broken = { size: 10, slice: () => new Blob([new Uint8Array(9)]) } as unknown as Blob;
    expect(await refusal(async () => (await SealedFile.start(broken, binding, key)).digests())).toBe('material.changed');
    const unreadable = { size: 10, slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) }) } as unknown as Blob;
    expect(await refusal(async () => (await SealedFile.start(unreadable, binding, key)).range(0, Infinity))).toBe('material.changed');
  });
});
