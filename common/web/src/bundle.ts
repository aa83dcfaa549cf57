// Bundles: docs/formats.md, "Bundle". The counterpart of common/exchange/codec/bundle.cpp, for those who look into one without the services.
import { type BundleManifest, BundleManifestSchema } from '@proto/bundle_pb';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Bytes, concat, equal, hex, plain, sha256, u32, utf8 } from './bytes.ts';
import type { PublicKey } from './certificate.ts';
import { signBytes } from './cms.ts';
import { JinduError } from './errors.ts';
import { merkleRoot, pathLength, rootByPath } from './merkle.ts';
import { decodePerhapsNewer } from './messages.ts';
import { type Opener, openSeal, type Recipient, seal } from './seal.ts';
import { uuidText } from './signed.ts';

const magic = utf8('JDB1');
const manifestMax = 64 * 1024;
const signatureMax = 512;
const pieceBytes = 1024 * 1024;
const digestsMax = 1024;

export interface BundleView {
  readonly manifest: BundleManifest;
  readonly id: string; // UUID
  readonly manifestDigest: Bytes;
  readonly signature: Bytes;
  readonly seal: Bytes;
}

const malformed = (detail: string) => new JinduError('bundle.malformed', detail);
const truncated = () => new JinduError('bundle.truncated', 'it ends too early');
const isName = (text: string): boolean => /^[a-z0-9-]{1,64}$/.test(text);
const bindingOf = ({ from, to, bundleId }: { from: string; to: string; bundleId: Uint8Array }): string => `bundle/${from}/${to}/${from}>${to}/${hex(bundleId)}`;
const toSign = (digest: Bytes): Bytes => concat(utf8('jindu/bundle/v1'), new Uint8Array(1), digest);
const togetherMagic = utf8('JDT1'); // a signature by itself is DER and begins with another byte
const togetherMax = 4096;
const piecesOf = (sealBytes: number): number => Math.ceil(sealBytes / pieceBytes);

const digestsOf = (sealed: Bytes): Promise<Bytes[]> =>
  Promise.all(Array.from({ length: piecesOf(sealed.length) }, (_, i) => sha256(sealed.subarray(i * pieceBytes, (i + 1) * pieceBytes))));

// Everything about the manifest that can be told without a key.
function checkManifest(m: BundleManifest, sealBytes: number): void {
  const demand = (holds: boolean, what: string) => {
    if (!holds) throw new JinduError('bundle.manifest', what);
  };
  if (m.version !== 1) throw new JinduError('bundle.version', `version ${m.version} is not known`);
  demand(m.bundleId.length === 16, 'bundle_id has 16 bytes');
  demand(isName(m.from) && isName(m.to) && m.from !== m.to, 'from and to are names of two nodes');
  demand(m.channel === `${m.from}>${m.to}`, 'channel is not that of from and to');
  demand(m.epoch > 0 && m.sequence > 0n && m.subjectSequence > 0n, 'epoch and sequences begin at 1');
  demand(m.previousDigest.length === 32, 'previous_digest has 32 bytes');
  demand(m.sequence !== 1n || m.previousDigest.every((byte) => byte === 0), 'the first has no previous digest');
  demand(isName(m.kind), 'kind is a word');
  demand(m.subject.length === 16, 'subject has 16 bytes');
  demand(m.priority <= 3, 'priority is 0 to 3');
  demand(m.createdMs > 0n && m.expiresMs > m.createdMs, 'it expires after it is created');
  demand(m.signerKeyId.length === 32, 'signer_key_id has 32 bytes');
  demand(m.payloadLength === BigInt(sealBytes), 'payload_length is not the length of the seal');
  const pieces = piecesOf(sealBytes);
  if (pieces > digestsMax) demand(m.chunkDigests.length === 0 && m.merkleRoot.length === 32, 'above 1,024 chunks there is a Merkle root');
  else {
    demand(m.chunkDigests.length === pieces && m.merkleRoot.length === 0, 'there is one digest for each chunk');
    demand(m.chunkDigests.every((digest) => digest.length === 32), 'a chunk digest has 32 bytes');
  }
}

// The parts of a bundle that has the right shape; nothing is verified yet. Codes: bundle.malformed, .version, .too_large, .truncated, .manifest.
export async function parseBundle(bundle: Bytes): Promise<BundleView> {
  if (bundle.length < 8) throw truncated();
  if (!equal(bundle.subarray(0, 4), magic)) throw malformed('this is not a bundle');
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.length);
  const manifestSize = view.getUint32(4);
  if (manifestSize > manifestMax) throw new JinduError('bundle.too_large', 'the manifest is over 64 KiB');
  const signatureAt = 8 + manifestSize + 2;
  if (bundle.length < signatureAt) throw truncated();
  const signatureSize = view.getUint16(signatureAt - 2);
  if (signatureSize === 0 || signatureSize > signatureMax) throw malformed('the signature has an impossible length');
  if (bundle.length < signatureAt + signatureSize) throw truncated();
  const manifestBytes = bundle.subarray(8, 8 + manifestSize);
  const sealed = bundle.subarray(signatureAt + signatureSize);
  const manifest = decodePerhapsNewer(BundleManifestSchema, manifestBytes, 'bundle.malformed');
  if (manifest.payloadLength > BigInt(sealed.length)) throw truncated();
  checkManifest(manifest, sealed.length);
  return {
    manifest, id: uuidText(manifest.bundleId), manifestDigest: await sha256(manifestBytes),
    signature: bundle.subarray(signatureAt, signatureAt + signatureSize), seal: sealed,
  };
}

// By itself, or together with others by one signature over the root of their Merkle tree.
async function signs(sender: PublicKey, digest: Bytes, signature: Bytes): Promise<boolean> {
  if (signature.length < 12 || !equal(signature.subarray(0, 4), togetherMagic)) return sender.verify(toSign(digest), signature);
  const view = new DataView(signature.buffer, signature.byteOffset, signature.length);
  const together = view.getUint32(4);
  const place = view.getUint32(8);
  if (together < 2 || together > togetherMax || place >= together) return false;
  const hashes = pathLength(place, together);
  const end = 12 + 32 * hashes;
  if (signature.length <= end) return false;
  const path = Array.from({ length: hashes }, (_, i) => signature.subarray(12 + 32 * i, 44 + 32 * i));
  const root = await rootByPath(digest, place, together, path);
  return root !== undefined && sender.verify(concat(utf8('jindu/bundles/v1'), new Uint8Array(1), u32(together), root), signature.subarray(end));
}

// The signature by the key and every digest. Codes: bundle.signer, .signature, .digest.
export async function verifyBundle({ manifest, manifestDigest, signature, seal: sealed }: BundleView, sender: PublicKey): Promise<void> {
  if (!equal(sender.keyId, manifest.signerKeyId)) throw new JinduError('bundle.signer', `signed with another key than that of '${manifest.from}'`);
  if (!(await signs(sender, manifestDigest, signature))) throw new JinduError('bundle.signature', 'the signature of the manifest does not hold');
  const digests = await digestsOf(sealed);
  const same = manifest.merkleRoot.length > 0 ? equal(await merkleRoot(digests), manifest.merkleRoot) : digests.every((digest, i) => equal(digest, manifest.chunkDigests[i]!));
  if (!same) throw new JinduError('bundle.digest', 'the seal has another digest than the manifest says');
}

// Opens the seal with the destination's key. Only after verifyBundle.
export const openBundle = ({ manifest, seal: sealed }: BundleView, destination: Opener): Promise<Bytes> => openSeal(sealed, destination, bindingOf(manifest));

// What is left of a manifest is filled in: version, channel, lengths, digests and the signer.
export type BundleDraft = Required<Pick<MessageInitShape<typeof BundleManifestSchema>, 'bundleId' | 'from' | 'to' | 'kind' | 'subject' | 'createdMs' | 'expiresMs'>> &
  MessageInitShape<typeof BundleManifestSchema>;

export async function buildBundle(draft: BundleDraft, payload: Uint8Array, sender: { readonly signingKey: CryptoKey; readonly keyId: Bytes }, destination: Recipient): Promise<Bytes> {
  const sealed = await seal([destination], bindingOf(draft as { from: string; to: string; bundleId: Uint8Array }), payload);
  const digests = await digestsOf(sealed);
  const manifest = create(BundleManifestSchema, {
    epoch: 1, sequence: 1n, subjectSequence: 1n, previousDigest: new Uint8Array(32), ...draft,
    version: 1, channel: `${draft.from}>${draft.to}`, payloadLength: BigInt(sealed.length), signerKeyId: sender.keyId,
    ...(digests.length > digestsMax ? { merkleRoot: await merkleRoot(digests) } : { chunkDigests: digests }),
  });
  checkManifest(manifest, sealed.length);
  const bytes = plain(toBinary(BundleManifestSchema, manifest));
  const signature = await signBytes(sender.signingKey, toSign(await sha256(bytes)));
  return concat(magic, u32(bytes.length), bytes, u32(signature.length).subarray(2), signature, sealed);
}

