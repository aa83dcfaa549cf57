import { beforeAll, describe, expect, it } from 'vitest';
import { type Bytes, concat, equal, hex, utf8 } from '@common/bytes.ts';
import { Certificate, verifyChain } from '@common/certificate.ts';
import { type Signer, signCms, verifyCms } from '@common/cms.ts';
import { der, derOid, derSequence, readDer } from '@common/der.ts';
import { issue, type KeyKind, newRoot, openssl, read, refusal, temporaryDirectory, write } from './support.ts';

const directory = temporaryDirectory();
const content = utf8('{"name":"津渡"}\r\n\n');
let root: Certificate, sub: Certificate;
const signers: Record<string, Signer> = {};

async function signerOf(name: string, kind: KeyKind): Promise<Signer> {
  const algorithm = kind === 'ec' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const signingKey = await crypto.subtle.importKey('pkcs8', read(directory, `${name}.pkcs8`), algorithm, false, ['sign']);
  return { signingKey, certificate: await Certificate.fromDer(read(directory, `${name}.der`)), chain: [sub] };
}

beforeAll(async () => {
  newRoot(directory);
  issue(directory, 'sub', { profile: 'ca', subject: '/C=CN/O=签发/CN=sub' });
  issue(directory, 'ec', { issuer: 'sub', subject: '/C=CN/O=津渡市渡口餐饮管理有限公司/serialNumber=91120101MA05TK1Q3G/CN=渡口餐饮' });
  issue(directory, 'rsa', { issuer: 'sub', kind: 'rsa' });
  issue(directory, 'other', { issuer: 'sub' });
  root = await Certificate.fromDer(read(directory, 'root.der'));
  sub = await Certificate.fromDer(read(directory, 'sub.der'));
  for (const kind of ['ec', 'rsa'] as const) signers[kind] = await signerOf(kind, kind);
  signers['other'] = await signerOf('other', 'ec');
});

// Whether the openssl program accepts a signature, as docs/formats.md promises.
function opensslAccepts(signature: Bytes, over: Uint8Array): boolean {
  write(directory, 'signature', signature);
  write(directory, 'content', over);
  try {
    openssl(directory, 'cms', '-verify', '-cades', '-binary', '-inform', 'DER', '-in', 'signature', '-content', 'content', '-CAfile', 'root.pem', '-purpose', 'any', '-out', 'out');
    return equal(read(directory, 'out'), over);
  } catch {
    return false;
  }
}

describe.each(['ec', 'rsa'] as const)('a signature with an %s key', (kind) => {
  it('is accepted by openssl as CAdES, and only over what was signed', async () => {
    const signature = await signCms(content, signers[kind]!);
    expect(opensslAccepts(signature, content)).toBe(true);
    expect(opensslAccepts(signature, concat(content, Uint8Array.of(10)))).toBe(false);
  });

  it('is verified here, with signer, chain and time', async () => {
    const at = new Date('2026-03-04T05:06:07Z');
    const { signer, others, signingTime } = await verifyCms(await signCms(content, signers[kind]!, at), content);
    expect(equal(signer.der, signers[kind]!.certificate.der)).toBe(true);
    expect(others.map((one) => one.commonName)).toEqual(['sub']);
    expect(signingTime).toEqual(at);
    expect((await verifyChain(signer, { roots: [root], intermediates: others }, new Date())).length).toBe(3);
  });

  it('of openssl is verified here', async () => {
    write(directory, 'content', content);
    for (const digest of ['sha256', 'sha512']) {
      openssl(directory, 'cms', '-sign', '-cades', '-binary', '-md', digest, '-nosmimecap', '-in', 'content', '-signer', `${kind}.pem`, '-inkey', `${kind}.key`, '-certfile', 'sub.pem', '-outform', 'DER', '-out', 'made');
      expect((await verifyCms(read(directory, 'made'), content)).signer.commonName).toBe(signers[kind]!.certificate.commonName);
    }
    openssl(directory, 'cms', '-sign', '-cades', '-keyid', '-binary', '-nosmimecap', '-in', 'content', '-signer', `${kind}.pem`, '-inkey', `${kind}.key`, '-outform', 'DER', '-out', 'made');
    expect((await verifyCms(read(directory, 'made'), content)).signer.keyId).toEqual(signers[kind]!.certificate.keyId);
  });

  it('is refused over another content, and after the change of any byte that openssl refuses', async () => {
    const signature = await signCms(content, { ...signers[kind]!, chain: [] });
    expect(await refusal(() => verifyCms(signature, utf8('anything else')))).toBe('cms.signature');
    // Who signed is part of what is verified: where a changed certificate passes, it is another one, which then fails to chain.
    const passed: number[] = [];
    for (let at = 0; at < signature.length; at++) {
      const changed = signature.slice();
      changed[at]! ^= 0x01;
      const code = await refusal(() => verifyCms(changed, content));
      expect(code).not.toBe('unexpected');
      if (code === 'nothing') passed.push(at);
    }
    // Only the version numbers and the unsigned list of digest algorithms say nothing.
    for (const at of passed) {
      const changed = signature.slice();
      changed[at]! ^= 0x01;
      const { signer } = await verifyCms(changed, content);
      expect(equal(signer.der, signers[kind]!.certificate.der)).toBe(true);
    }
    expect(passed.length).toBeLessThan(20);
  });
});

describe('a CMS message', () => {
  it('signed by a key that is not of the certificate is not made', async () => {
    expect(await refusal(() => signCms(content, { ...signers['other']!, certificate: signers['ec']!.certificate }))).toBe('cms.signer');
    expect(await refusal(() => signCms(content, { ...signers['other']!, certificate: signers['rsa']!.certificate }))).toBe('cms.signer');
  });

  it('of another shape is refused by the name of what is wrong', async () => {
    write(directory, 'content', content);
    const make = (...options: string[]) => {
      openssl(directory, 'cms', '-sign', '-binary', '-in', 'content', '-signer', 'ec.pem', '-inkey', 'ec.key', '-outform', 'DER', '-out', 'made', ...options);
      return read(directory, 'made');
    };
    const code = (signature: Bytes) => refusal(() => verifyCms(signature, content));
    expect(await code(make('-cades', '-nodetach'))).toBe('cms.not_detached');
    expect(await code(make())).toBe('cms.attributes');
    expect(await code(make('-noattr'))).toBe('cms.attributes');
    expect(await code(make('-cades', '-md', 'sha1'))).toBe('cms.weak_digest');
    expect(await code(make('-cades', '-nocerts'))).toBe('cms.signer_missing');
    expect(await code(make('-cades', '-signer', 'other.pem', '-inkey', 'other.key'))).toBe('cms.signers');
    const good = await signCms(content, signers['ec']!);
    expect(await code(concat(good, Uint8Array.of(0)))).toBe('cms.malformed');
    expect(await code(good.slice(0, -1))).toBe('cms.malformed');
    expect(await code(derSequence(derOid('1.2.840.113549.1.7.1'), der(0xa0, derSequence())))).toBe('cms.malformed');
    expect(await code(new Uint8Array(64 * 1024 + 1))).toBe('cms.too_large');
  });
});

describe('a certificate', () => {
  it('tells what openssl tells', () => {
    const { certificate } = signers['ec']!;
    const said = (...args: string[]) => openssl(directory, 'x509', '-in', 'ec.pem', '-noout', ...args).toString().trim();
    expect(certificate.commonName).toBe('渡口餐饮');
    expect(certificate.organisation).toBe('津渡市渡口餐饮管理有限公司');
    expect(certificate.serialNumberAttribute).toBe('91120101MA05TK1Q3G');
    expect(certificate.issuerCommonName).toBe('sub');
    expect(`sha256 Fingerprint=${certificate.fingerprintHex.toUpperCase().match(/../g)!.join(':')}`).toBe(said('-fingerprint', '-sha256'));
    expect(`serial=${certificate.serialHex.replace(/^00/, '').toUpperCase()}`).toBe(said('-serial'));
    expect(new Date(said('-enddate').replace('notAfter=', ''))).toEqual(certificate.notAfter);
    expect(hex(certificate.publicKey.spki)).toBe(hex(read(directory, 'ec.spki')));
  });

  it('is trusted only below a root, in its time, by who may issue', async () => {
    const { certificate } = signers['ec']!;
    const code = (leaf: Certificate, trust: Parameters<typeof verifyChain>[1], at = new Date()) => refusal(() => verifyChain(leaf, trust, at));
    expect(await code(certificate, { roots: [root], intermediates: [sub] })).toBe('nothing');
    expect(await code(certificate, { roots: [root] })).toBe('certificate.unknown_issuer');
    expect(await code(certificate, { roots: [], intermediates: [sub, root] })).toBe('certificate.unknown_issuer');
    expect(await code(certificate, { roots: [root], intermediates: [sub] }, new Date(Date.now() + 31 * 86400_000))).toBe('certificate.expired');
    expect(await code(certificate, { roots: [root], intermediates: [sub] }, new Date(Date.now() - 86400_000))).toBe('certificate.not_yet_valid');
    // Issued by a person, who is no authority.
    issue(directory, 'forged', { issuer: 'ec' });
    expect(await code(await Certificate.fromDer(read(directory, 'forged.der')), { roots: [root], intermediates: [sub, certificate] })).toBe('certificate.invalid');
    // A root of the same name with another key.
    const elsewhere = temporaryDirectory();
    newRoot(elsewhere);
    const imposter = await Certificate.fromDer(read(elsewhere, 'root.der'));
    expect(await code(certificate, { roots: [imposter], intermediates: [sub] })).toBe('certificate.unknown_issuer');
  });

  it('is read exactly, or not at all', async () => {
    const bytes = read(directory, 'ec.der');
    expect(await refusal(() => Certificate.fromDer(concat(bytes, Uint8Array.of(0))))).toBe('certificate.malformed');
    for (let length = 0; length < bytes.length; length += 7) expect(await refusal(() => Certificate.fromDer(bytes.slice(0, length)))).toBe('certificate.malformed');
    expect((await Certificate.fromPem(openssl(directory, 'x509', '-in', 'ec.pem').toString() + openssl(directory, 'x509', '-in', 'sub.pem').toString())).length).toBe(2);
    openssl(directory, 'ecparam', '-name', 'secp384r1', '-genkey', '-noout', '-out', 'p384.key');
    openssl(directory, 'req', '-x509', '-new', '-key', 'p384.key', '-subj', '/CN=p384', '-config', 'extensions.cnf', '-extensions', 'ca', '-out', 'p384.pem');
    expect(await refusal(() => Certificate.fromPem(openssl(directory, 'x509', '-in', 'p384.pem').toString()))).toBe('key.unsupported');
  });
});

describe('DER', () => {
  it.each([
    ['an indefinite length', '30800000'], ['a long length where a short one does', '308101'+'00'], ['a tag of two bytes', '1f8100'], ['too few bytes', '0402ff'],
    ['bytes behind the end', '040000'], ['nothing', ''],
  ])('with %s is refused', async (_, text) => {
    expect(await refusal(() => readDer(Uint8Array.from(text.match(/../g) ?? [], (b) => parseInt(b, 16))))).toBe('der.malformed');
  });
  it('writes lengths in their shortest form', () => {
    for (const length of [0, 127, 128, 255, 256, 65535, 65536]) expect(readDer(der(4, new Uint8Array(length))).content.length).toBe(length);
    expect(hex(derOid('1.2.840.113549.1.9.16.2.47'))).toBe('060b2a864886f70d010910022f');
  });
});
