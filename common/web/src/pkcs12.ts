// Opens a PKCS#12 file (.p12, .pfx), as certificate authorities hand out and OpenSSL 3 writes: PBES2 with AES, MAC by HMAC. The library for it is large and is
// loaded only when somebody chooses a file.
import type { OctetString } from 'asn1js';
import { type Bytes, equal, plain, utf8 } from './bytes.ts';
import { Certificate } from './certificate.ts';
import { JinduError, orRefuse } from './errors.ts';
import { type Identity, identityFrom } from './identity.ts';

const fileMax = 1024 * 1024;
const bags = { key: '1.2.840.113549.1.12.10.1.1', shroudedKey: '1.2.840.113549.1.12.10.1.2', certificate: '1.2.840.113549.1.12.10.1.3' } as const;
const x509Certificate = '1.2.840.113549.1.9.22.1';

// Codes: pkcs12.malformed, pkcs12.password, pkcs12.unsupported (an old cipher), pkcs12.no_key, key.*, certificate.*.
export async function openPkcs12(file: Uint8Array, password: string): Promise<Identity> {
  if (file.length > fileMax) throw new JinduError('pkcs12.malformed', 'the file is over 1 MiB');
  const { pkcs8, certificates } = await contents(file, password);
  if (pkcs8.length !== 1) throw new JinduError('pkcs12.no_key', 'the file has not exactly one private key');
  for (const certificate of certificates) {
    let identity: Identity;
    try {
      identity = await identityFrom(pkcs8[0]!, certificate, chainOf(certificate, certificates));
    } catch (error) {
      // The others are of authorities.
      if (error instanceof JinduError && ['key.mismatch', 'key.malformed'].includes(error.code)) continue;
      throw error;
    }
    return identity;
  }
  throw new JinduError('pkcs12.no_key', 'the file has no certificate for its key');
}

async function contents(file: Uint8Array, password: string): Promise<{ pkcs8: Bytes[]; certificates: Certificate[] }> {
  const pki = await import('pkijs');
  const engine = new pki.CryptoEngine({ name: 'browser', crypto });
  const secret = utf8(password).buffer;
  const pfx = await orRefuse('pkcs12.malformed', 'not a PKCS#12 file', () => pki.PFX.fromBER(plain(file).slice().buffer));
  await parsePfx();
  const safes = pfx.parsedValue?.authenticatedSafe;
  if (!safes) throw new JinduError('pkcs12.malformed', 'nothing is in it');
  await decrypted(() => safes.parseInternalValues({ safeContents: safes.safeContents.map(() => ({ password: secret })) }, engine));
  const pkcs8: Bytes[] = [], found: Bytes[] = [];
  for (const { value } of (safes.parsedValue as { safeContents: { value: InstanceType<typeof pki.SafeContents> }[] }).safeContents) {
    for (const bag of value.safeBags) {
      if (bag.bagId === bags.key) pkcs8.push(new Uint8Array(bag.bagValue.toSchema().toBER(false)));
      if (bag.bagId === bags.shroudedKey) {
        const shrouded = bag.bagValue as InstanceType<typeof pki.PKCS8ShroudedKeyBag>;
        pkcs8.push(await decrypted(async () => new Uint8Array(await engine.decryptEncryptedContentInfo({
          password: secret,
          encryptedContentInfo: new pki.EncryptedContentInfo({
            contentType: '1.2.840.113549.1.7.1', contentEncryptionAlgorithm: shrouded.encryptionAlgorithm, encryptedContent: shrouded.encryptedData,
          }),
        }))));
      }
      if (bag.bagId === bags.certificate) {
        const { certId, certValue } = bag.bagValue as InstanceType<typeof pki.CertBag>;
        if (certId === x509Certificate) found.push(new Uint8Array((certValue as OctetString).getValue()));
      }
    }
  }
  return { pkcs8, certificates: await Promise.all(found.map((der) => Certificate.fromDer(der))) };

  async function parsePfx(): Promise<void> {
    try {
      await pfx.parseInternalValues({ password: secret, checkIntegrity: true }, engine);
    } catch (cause) {
      const wrong = String(cause).includes('Integrity');
      throw new JinduError(wrong ? 'pkcs12.password' : 'pkcs12.malformed', wrong ? 'the password is wrong' : 'not a PKCS#12 file', undefined, { cause });
    }
  }
  // The MAC has shown that the password is right and the file whole, so what fails now is the cipher.
  function decrypted<T>(work: () => Promise<T>): Promise<T> {
    return orRefuse('pkcs12.unsupported', 'the file is encrypted in an old way; write it anew with AES-256', work);
  }
}

function chainOf(leaf: Certificate, all: readonly Certificate[]): Certificate[] {
  const chain: Certificate[] = [];
  for (let below = leaf; ; ) {
    const issuer = all.find((one) => below.isIssuedBy(one) && !one.isIssuedBy(one) && !chain.includes(one) && !equal(one.der, leaf.der));
    if (!issuer) return chain;
    chain.push(issuer);
    below = issuer;
  }
}
