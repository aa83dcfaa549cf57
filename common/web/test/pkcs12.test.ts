import { beforeAll, describe, expect, it } from 'vitest';
import { equal, utf8 } from '@common/bytes.ts';
import { Certificate } from '@common/certificate.ts';
import { signCms, verifyCms } from '@common/cms.ts';
import { identityFrom, recipientOfCertificate } from '@common/identity.ts';
import { openPkcs12 } from '@common/pkcs12.ts';
import { openSeal, seal } from '@common/seal.ts';
import { issue, newRoot, openssl, read, refusal, temporaryDirectory } from './support.ts';

const directory = temporaryDirectory();

function exportP12(name: string, password: string, ...options: string[]): Uint8Array {
  openssl(directory, 'pkcs12', '-export', '-inkey', `${name}.key`, '-in', `${name}.pem`, '-certfile', 'chain.pem', '-name', name, '-passout', `pass:${password}`, '-out', 'made.p12', ...options);
  return read(directory, 'made.p12');
}

beforeAll(() => {
  newRoot(directory);
  issue(directory, 'chain', { profile: 'ca', subject: '/CN=issuing' });
  issue(directory, 'ec', { issuer: 'chain' });
  issue(directory, 'rsa', { issuer: 'chain', kind: 'rsa' });
});

describe.each(['ec', 'rsa'])('a PKCS#12 file of OpenSSL 3 with an %s key', (name) => {
  it('gives a key that signs, opens and cannot be taken out', async () => {
    const identity = await openPkcs12(exportP12(name, 'jindu-demo'), 'jindu-demo');
    expect(equal(identity.certificate.der, read(directory, `${name}.der`))).toBe(true);
    expect(identity.chain!.map((one) => one.commonName)).toEqual(['issuing']);
    expect(identity.signingKey.extractable).toBe(false);
    expect(identity.opener.key.privateKey.extractable).toBe(false);
    const content = utf8('x');
    expect((await verifyCms(await signCms(content, identity), content)).signer.commonName).toBe(name);
    const sealed = await seal([await recipientOfCertificate(identity.certificate)], 'b', content);
    expect(await openSeal(sealed, identity.opener, 'b')).toEqual(content);
  });

  it('opens only with its password', async () => {
    const file = exportP12(name, '津渡密码');
    expect(await refusal(() => openPkcs12(file, '津渡密码'))).toBe('nothing');
    expect(await refusal(() => openPkcs12(file, '津渡密碼'))).toBe('pkcs12.password');
    expect(await refusal(() => openPkcs12(file, ''))).toBe('pkcs12.password');
  });
});

it('a file that is broken, old or without a key is refused by name', async () => {
  const file = exportP12('ec', 'p');
  expect(await refusal(() => openPkcs12(file.slice(0, -1), 'p'))).toBe('pkcs12.malformed');
  expect(await refusal(() => openPkcs12(new Uint8Array(0), 'p'))).toBe('pkcs12.malformed');
  expect(await refusal(() => openPkcs12(read(directory, 'ec.der'), 'p'))).toBe('pkcs12.malformed');
  expect(await refusal(() => openPkcs12(new Uint8Array(1024 * 1024 + 1), 'p'))).toBe('pkcs12.malformed');
  const changed = file.slice();
  changed[100]! ^= 1;
  expect(['pkcs12.password', 'pkcs12.malformed']).toContain(await refusal(() => openPkcs12(changed, 'p')));
  expect(await refusal(() => openPkcs12(exportP12('ec', 'p', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES'), 'p'))).toBe('pkcs12.unsupported');
  openssl(directory, 'pkcs12', '-export', '-nokeys', '-in', 'ec.pem', '-passout', 'pass:p', '-out', 'nokey.p12');
  expect(await refusal(() => openPkcs12(read(directory, 'nokey.p12'), 'p'))).toBe('pkcs12.no_key');
});

it('a key of another certificate is refused', async () => {
  const certificate = await Certificate.fromDer(read(directory, 'ec.der'));
  expect(await refusal(() => identityFrom(read(directory, 'chain.pkcs8'), certificate))).toBe('key.mismatch');
  expect(await refusal(() => identityFrom(read(directory, 'rsa.pkcs8'), certificate))).toBe('key.malformed');
});
