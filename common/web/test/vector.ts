// Tries the vectors of proto/vectors with this implementation: in Node.js (vectors.test.ts) and in Chromium (tests/browser/vectors.ts). proto/vectors/README.md
// tells how they are written.
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { Rung } from '@proto/receipt_pb';
import { openBundle, parseBundle, verifyBundle } from '@common/bundle.ts';
import { type Bytes, concat, fromBase64, fromHex, hex, plain, sha256, textOf } from '@common/bytes.ts';
import { Certificate, type Trust, verifyChain } from '@common/certificate.ts';
import { verifyCms } from '@common/cms.ts';
import { checkPart, checkStatement, openContent, openMaterial } from '@common/dossier.ts';
import { codeOf } from '@common/errors.ts';
import { type Identity, identityFrom } from '@common/identity.ts';
import { type Opener, openSeal } from '@common/seal.ts';
import { openReceipt, openSigned } from '@common/signed.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Vector = { readonly name: string; readonly kind: string; readonly expect: Record<string, Json>; readonly [field: string]: Json };
export interface VectorFile {
  readonly about: string;
  readonly made_by: string;
  readonly vectors: readonly Vector[];
}
export interface KeyFile {
  readonly root: string;
  readonly issuing: string;
  readonly keys: Readonly<Record<string, { readonly certificate: string; readonly pkcs8: string }>>;
}

export interface Keyring {
  readonly trust: Trust;
  readonly people: ReadonlyMap<string, Identity>;
}
export async function readKeyring(file: KeyFile): Promise<Keyring> {
  const [roots, intermediates] = await Promise.all([Certificate.fromPem(file.root), Certificate.fromPem(file.issuing)]);
  const people = await Promise.all(Object.entries(file.keys).map(async ([name, { certificate, pkcs8 }]): Promise<[string, Identity]> =>
    [name, await identityFrom(fromBase64(pkcs8), await Certificate.fromDer(fromBase64(certificate)), intermediates)]));
  return { trust: { roots, intermediates }, people: new Map(people) };
}

interface Piece {
  readonly base64?: string;
  readonly zeros?: number;
  readonly of?: string;
  readonly field?: string;
  readonly from?: number;
  readonly to?: number;
}
type Fields = { readonly [name: string]: Json };

class Bench {
  constructor(
    readonly keys: Keyring,
    private readonly vectors: readonly Vector[],
  ) {}

  bytes(vector: Fields, field: string): Bytes {
    if (field.startsWith('parts/')) return this.bytes((vector['parts'] as Fields[])[Number(field.slice(6))]!, 'bytes');
    const value = vector[field];
    if (typeof value === 'string') return fromBase64(value);
    return concat(...(value as Piece[]).map((piece) => this.piece(piece)));
  }
  private piece({ base64, zeros, of, field, from = 0, to }: Piece): Bytes {
    if (base64 !== undefined) return fromBase64(base64);
    if (zeros !== undefined) return new Uint8Array(zeros);
    const vector = this.vectors.find(({ name }) => name === of);
    if (!vector || field === undefined) throw new RangeError(`no vector is called ${of}`);
    return this.bytes(vector, field).subarray(from, to);
  }
  person(name: Json | undefined): Identity {
    const found = this.keys.people.get(name as string);
    if (!found) throw new RangeError(`no key is called ${String(name)}`);
    return found;
  }
  opener(vector: Fields): Opener {
    return vector['file_key'] === undefined ? this.person(vector['key']).opener : { fileKey: fromHex(vector['file_key'] as string) };
  }
}

type Outcome = Record<string, Json>;
const at = (vector: Fields): Date => new Date(vector['at'] as number);
const read = async (bytes: Bytes): Promise<Outcome> => ({ size: bytes.length, sha256: hex(await sha256(bytes)) });
const hexDigest = async (bytes: Uint8Array): Promise<string> => hex(await sha256(bytes));

const kinds: Record<string, (bench: Bench, vector: Fields) => Promise<Outcome>> = {
  seal: async (bench, v) => read(await openSeal(bench.bytes(v, 'bytes'), bench.opener(v), v['binding'] as string)),

  hpke: async (bench, v) => {
    const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
    const { key } = bench.person(v['key']).opener;
    const recipient = { recipientKey: key, enc: bench.bytes(v, 'encapsulated').slice().buffer, info: bench.bytes(v, 'info').slice().buffer };
    return read(new Uint8Array(await suite.open(recipient, bench.bytes(v, 'ciphertext'), bench.bytes(v, 'additional'))));
  },

  cms: async (bench, v) => {
    const { signer, others } = await verifyCms(bench.bytes(v, 'bytes'), bench.bytes(v, 'content'));
    await verifyChain(signer, { roots: bench.keys.trust.roots, intermediates: others }, at(v));
    return { signer: signer.commonName, certificate: signer.fingerprintHex };
  },

  signed: async (bench, v) => {
    const { signer, body } = await openSigned(bench.bytes(v, 'bytes'), v['type'] as string, bench.keys.trust, at(v), v['signer'] as string);
    return { signer, body_sha256: await hexDigest(body) };
  },

  receipt: async (bench, v) => {
    const receipt = await openReceipt(bench.bytes(v, 'bytes'), bench.keys.trust);
    return { bundle: receipt.bundle, manifest_sha256: hex(receipt.manifestDigest), rung: Rung[receipt.rung].toLowerCase(), party: receipt.party, code: receipt.code };
  },

  bundle: async (bench, v) => {
    const bundle = await parseBundle(bench.bytes(v, 'bytes'));
    await verifyBundle(bundle, bench.person(v['sender']).certificate.publicKey);
    const payload = await openBundle(bundle, bench.opener(v));
    return { bundle: bundle.id, manifest_sha256: hex(bundle.manifestDigest), kind: bundle.manifest.kind, payload_sha256: await hexDigest(payload) };
  },

  dossier: async (bench, v) => {
    const content = bench.bytes(v, 'content');
    const checked = await checkStatement(bench.bytes(v, 'statement'), content, bench.keys.trust, at(v));
    const parts = (v['parts'] as Fields[]).map((part) => ({ upload: part['upload_id'] as string, bytes: bench.bytes(part, 'bytes') }));
    for (const { upload, bytes } of parts) checkPart(checked.statement, upload, bytes.length, await sha256(bytes));
    const opened = await openContent(checked, content, bench.opener(v));
    const materials: Json[] = [];
    for (const [i, { bytes }] of parts.entries()) {
      const material = opened.materials[i]!;
      materials.push({ code: material.code, sha256: await hexDigest(await openMaterial(opened.declarationId, material, bytes)) });
    }
    return { materials, item: opened.itemId, applicant: opened.applicant?.name ?? '', form_sha256: await hexDigest(opened.formJson) };
  },
};

export const needsRevocationLists = (vector: Vector): boolean => vector['revocation'] === true;

const sorted = (value: Json): Json =>
  Array.isArray(value) ? value.map(sorted)
    : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]))
      : value;

// What comes of a vector here, and what should. Of HPKE the library tells only that it did not open.
export async function tryVector(keys: Keyring, file: VectorFile, vector: Vector): Promise<{ readonly got: string; readonly expected: string }> {
  const work = kinds[vector.kind];
  if (!work) throw new RangeError(`no vectors are of kind ${vector.kind}`);
  let got: Outcome;
  try {
    got = await work(new Bench(keys, file.vectors), vector);
  } catch (error) {
    got = { error: vector.kind === 'hpke' ? 'hpke' : codeOf(error) === 'unexpected' ? `unexpected: ${String(error)}` : codeOf(error) };
  }
  const expected = vector.kind === 'hpke' && 'error' in vector.expect ? { error: 'hpke' } : vector.expect;
  return { got: JSON.stringify(sorted(got)), expected: JSON.stringify(sorted(expected)) };
}

export const readVectors = (text: Uint8Array): VectorFile => JSON.parse(textOf(plain(text))) as VectorFile;
