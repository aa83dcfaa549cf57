// A person's or company's key in use: it signs, and it opens what was sealed to its certificate. The private key stays inside WebCrypto and cannot be taken out.
import { KeyWrap } from '@proto/seal_pb';
import { equal, plain } from './bytes.ts';
import type { Certificate } from './certificate.ts';
import type { Signer } from './cms.ts';
import { JinduError, orRefuse } from './errors.ts';
import { type OpeningKey, type Recipient, recipientOf } from './seal.ts';

export interface Identity extends Signer {
  readonly opener: OpeningKey;
}

interface KeyPair {
  readonly signingKey: CryptoKey;
  readonly opener: OpeningKey;
}

// `spki` must be the public half of `pkcs8`; that it is, is tried out.
export async function keyPairFrom(pkcs8: Uint8Array, spki: Uint8Array): Promise<KeyPair> {
  const { subtle } = crypto;
  const recipient = await recipientOf(spki);
  const ec = recipient.wrap === KeyWrap.HPKE_P256;
  const [signingKey, privateKey] = await orRefuse('key.malformed', 'the private key is broken or of another kind than the certificate', () =>
    Promise.all(ec
      ? [
          subtle.importKey('pkcs8', plain(pkcs8), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']),
          subtle.importKey('pkcs8', plain(pkcs8), { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']),
        ]
      : [
          subtle.importKey('pkcs8', plain(pkcs8), { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign']),
          subtle.importKey('pkcs8', plain(pkcs8), { name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['decrypt']),
        ]));
  await demandPair(signingKey!, spki, ec);
  return { signingKey: signingKey!, opener: { keyId: recipient.keyId, wrap: recipient.wrap, key: { publicKey: recipient.key, privateKey: privateKey! } } };
}

async function demandPair(signingKey: CryptoKey, spki: Uint8Array, ec: boolean): Promise<void> {
  const algorithm = ec ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'RSASSA-PKCS1-v1_5' };
  const probe = crypto.getRandomValues(new Uint8Array(32));
  const verifying = await crypto.subtle.importKey('spki', plain(spki), ec ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['verify']);
  if (!(await crypto.subtle.verify(algorithm, verifying, await crypto.subtle.sign(algorithm, signingKey, probe), probe)))
    throw new JinduError('key.mismatch', 'key and certificate do not belong together');
}

export async function identityFrom(pkcs8: Uint8Array, certificate: Certificate, chain: readonly Certificate[] = []): Promise<Identity> {
  return { ...(await keyPairFrom(pkcs8, certificate.publicKey.spki)), certificate, chain };
}

// Whom dossiers are sealed to.
export async function recipientOfCertificate(certificate: Certificate): Promise<Recipient> {
  const recipient = await recipientOf(certificate.publicKey.spki);
  if (!equal(recipient.keyId, certificate.keyId)) throw new JinduError('key.mismatch', 'the certificate names another key');
  return recipient;
}
