// Merkle tree hash of RFC 6962 section 2.1 over SHA-256, and proofs that a leaf is in it. The counterpart of common/evidence/merkle.cpp.
import { type Bytes, concat, sha256 } from './bytes.ts';

export const merkleLeaf = (leaf: Uint8Array): Promise<Bytes> => sha256(concat(Uint8Array.of(0), leaf));
const node = (left: Uint8Array, right: Uint8Array): Promise<Bytes> => sha256(concat(Uint8Array.of(1), left, right));

export async function merkleRoot(leaves: readonly Uint8Array[]): Promise<Bytes> {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return merkleLeaf(leaves[0]!);
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return node(await merkleRoot(leaves.slice(0, half)), await merkleRoot(leaves.slice(half)));
}

// The root that a leaf and its path lead to (RFC 9162, 2.1.3.2); nothing when the path is not as long as the place demands.
export async function rootByPath(leaf: Uint8Array, place: number, count: number, path: readonly Uint8Array[]): Promise<Bytes | undefined> {
  let hash = await merkleLeaf(leaf);
  let last = count - 1;
  for (const beside of path) {
    if (last === 0) return undefined;
    if (place % 2 === 1 || place === last) {
      hash = await node(beside, hash);
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = await node(hash, beside);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : undefined;
}

// How many hashes such a path has.
export function pathLength(place: number, count: number): number {
  let length = 0;
  for (let last = count - 1; last > 0; place = Math.floor(place / 2), last = Math.floor(last / 2)) if (place % 2 === 1 || place !== last) length += 1;
  return length;
}
