// Makes vectors with this implementation, for C++ to open: in Node.js for proto/vectors/typescript, and afresh in Chromium; tests/browser/vectors.ts does both.
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { SignedStatementSchema, SubmissionStatementSchema } from '@proto/dossier_pb';
import { buildBundle } from '@common/bundle.ts';
import { base64, type Bytes, concat, fromBase64, fromHex, hex, plain, sha256, utf8 } from '@common/bytes.ts';
import { signCms } from '@common/cms.ts';
import { type Identity, recipientOfCertificate } from '@common/identity.ts';
import { materialBinding } from '@common/material.ts';
import { decode } from '@common/messages.ts';
import { makePrefix, newFileKey, newSalt, seal, Sealer } from '@common/seal.ts';
import { makeDossier } from '../../../extranet-portal/web/src/application/dossier.ts';
import type { Account, Item } from '../../../extranet-portal/web/src/service.ts';
import { type Keyring, tryVector, type Vector, type VectorFile } from './vector.ts';

const declaration = '019a0000-0000-7000-8000-000000000001';
const binding = `dossier/${declaration}`;

// Bytes of all kinds of values, the same for everybody.
const pattern = (size: number): Bytes => Uint8Array.from({ length: size }, (_, i) => (i * 7 + Math.floor(i / 251)) & 0xff);

// Makes one file of vectors; each is given what comes of it here as its expectation.
class Maker {
  private readonly vectors: Vector[] = [];
  constructor(private readonly keys: Keyring) {}

  person(name: string): Identity {
    return this.keys.people.get(name)!;
  }
  async good(vector: { readonly name: string; readonly kind: string; readonly [field: string]: Vector[string] }): Promise<void> {
    const { got } = await tryVector(this.keys, this.file(''), { ...vector, expect: {} });
    const outcome = JSON.parse(got) as Vector['expect'];
    if ('error' in outcome) throw new Error(`${vector.name} does not open: ${got}`);
    this.vectors.push({ ...vector, expect: outcome });
  }
  file(about: string): VectorFile {
    return { about, made_by: 'TypeScript', vectors: this.vectors };
  }
}

async function seals(keys: Keyring): Promise<VectorFile> {
  const m = new Maker(keys);
  const recipient = (name: string) => recipientOfCertificate(m.person(name).certificate);
  const [department, ec, rsa] = await Promise.all([recipient('department'), recipient('applicant-ec'), recipient('applicant-rsa')]);
  const vector = async (name: string, key: string, sealed: Bytes) => m.good({ name, kind: 'seal', bytes: base64(sealed), key, binding });
  await vector('ec', 'department', await seal([department], binding, pattern(100)));
  await vector('rsa', 'applicant-rsa', await seal([rsa], binding, pattern(100)));
  const several = await seal([department, ec, rsa], binding, pattern(100));
  for (const who of ['department', 'applicant-ec', 'applicant-rsa']) await vector(`several, opened by ${who}`, who, several);
  for (const [name, size] of [['empty', 0], ['one byte', 1], ['one byte less than a chunk', 16_383], ['exactly one chunk', 16_384], ['one byte more than a chunk', 16_385], ['several chunks', 49_252]] as const)
    await vector(name, 'department', await seal([department], binding, pattern(size)));
  const fileKey = newFileKey();
  const sealer = await Sealer.start(await makePrefix([], 'material/a/b', fileKey), fileKey, newSalt(), 16_400);
  const bytes = concat(sealer.head, await sealer.sealChunks(0, pattern(16_400)));
  await m.good({ name: 'without recipients', kind: 'seal', bytes: base64(bytes), file_key: hex(fileKey), binding: 'material/a/b' });
  return m.file('Seals: docs/formats.md, "Seal".');
}

async function hpke(keys: Keyring): Promise<VectorFile> {
  const m = new Maker(keys);
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  for (const size of [0, 32, 1000]) {
    const info = pattern(20), additional = pattern(size === 0 ? 0 : 32);
    const { enc, ct } = await suite.seal({ recipientPublicKey: m.person('department').opener.key.publicKey, info }, pattern(size), additional);
    await m.good({
      name: `${size} bytes`, kind: 'hpke', key: 'department', encapsulated: base64(new Uint8Array(enc)), info: base64(info), additional: base64(additional), ciphertext: base64(new Uint8Array(ct)),
    });
  }
  return m.file('HPKE, base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM: docs/formats.md, "Seal".');
}

async function cms(keys: Keyring): Promise<VectorFile> {
  const m = new Maker(keys);
  const at = new Date();
  for (const kind of ['ec', 'rsa'])
    await m.good({ name: kind, kind: 'cms', at: at.getTime(), content: base64(pattern(300)), bytes: base64(await signCms(pattern(300), m.person(`applicant-${kind}`), at)) });
  return m.file('Signatures by people: docs/formats.md, "Signatures by people".');
}

async function bundles(keys: Keyring): Promise<VectorFile> {
  const m = new Maker(keys);
  const portal = m.person('portal');
  const sender = { signingKey: portal.signingKey, keyId: portal.certificate.keyId };
  const approval = await recipientOfCertificate(m.person('approval').certificate);
  for (const size of [0, 500]) {
    const draft = {
      bundleId: fromHex(declaration.replaceAll('-', '')), from: 'portal', to: 'approval', kind: 'dossier', subject: pattern(16), priority: 2,
      createdMs: BigInt(Date.now()), expiresMs: BigInt(Date.now() + 86_400_000),
    };
    await m.good({ name: `${size} bytes`, kind: 'bundle', bytes: base64(await buildBundle(draft, pattern(size), sender, approval)), sender: 'portal', key: 'approval' });
  }
  return m.file('Bundles: docs/formats.md, "Bundle".');
}

// A material as the portal's page seals it.
async function material(code: string, upload: string, plaintext: Bytes) {
  const fileKey = newFileKey();
  const sealer = await Sealer.start(await makePrefix([], materialBinding(declaration, upload), fileKey), fileKey, newSalt(), plaintext.length);
  const sealed = concat(sealer.head, await sealer.sealChunks(0, plaintext));
  const draft = {
    code, upload_id: upload, file_name: `${code}.pdf`, media_type: 'application/pdf', size: plaintext.length, file_key: base64(fileKey), salt: '', fingerprint: '',
    sealed_size: sealed.length, sha256: hex(await sha256(plaintext)), sealed_sha256: hex(await sha256(sealed)),
  };
  return { sealed, draft };
}

async function dossiers(keys: Keyring): Promise<VectorFile> {
  const m = new Maker(keys);
  const item = { department: { certificate: base64(m.person('department').certificate.der) } } as unknown as Item;
  const uploads = [await material('lease', '019a0000-0000-7000-8000-00000000000a', pattern(20_000)), await material('plan', '019a0000-0000-7000-8000-00000000000b', pattern(1))];
  for (const kind of ['ec', 'rsa']) {
    const key = m.person(`applicant-${kind}`);
    const draft = {
      version: 1 as const, item_id: 'food-business-licence', item_version: 1, form: null, id_number: '91330106MA2TEST01X', phone: '13800000000',
      materials: uploads.map((one) => one.draft), answers_notice_id: '', saved_at: 0,
    };
    const made = await makeDossier(declaration, item, draft, { shop: '渡口', area: 120.5 }, { kind: 'company' } as unknown as Account, key);
    const statement = decode(SubmissionStatementSchema, decode(SignedStatementSchema, fromBase64(made.signed_statement)).statement);
    const parts = uploads.map(({ draft: { upload_id }, sealed }) => ({ upload_id, bytes: base64(sealed) }));
    for (const who of ['department', `applicant-${kind}`])
      await m.good({ name: `${kind}, opened by ${who}`, kind: 'dossier', at: Number(statement.signedAtMs), key: who, statement: made.signed_statement, content: made.sealed_content, parts });
  }
  return m.file('Dossiers and submission statements: docs/formats.md, "Dossier".');
}

// By file name.
export async function makeVectors(keys: Keyring): Promise<Record<string, VectorFile>> {
  return { 'seal.json': await seals(keys), 'hpke.json': await hpke(keys), 'cms.json': await cms(keys), 'bundle.json': await bundles(keys), 'dossier.json': await dossiers(keys) };
}

// One vector a line, so that a change shows where it is.
export const written = ({ about, made_by, vectors }: VectorFile): Bytes =>
  plain(utf8(`{"about": ${JSON.stringify(about)},\n"made_by": ${JSON.stringify(made_by)},\n"vectors": [\n${vectors.map((vector) => JSON.stringify(vector)).join(',\n')}\n]}\n`));
