// Signatures by people: CMS SignedData (RFC 5652), detached, DER, with the attributes of CAdES-BES. docs/formats.md, "Signatures by people".
import { type Bytes, concat, constantTimeEqual, equal, plain, sha256 } from './bytes.ts';
import { Certificate, digestAlgorithms, type KeyKind, oids, signatureAlgorithms } from './certificate.ts';
import { der, Der, derNull, derOctets, derOid, derSequence, derSet, derSmallInteger, derTime, ecdsaToDer, explicit, implicit, readDer, tags } from './der.ts';
import { JinduError } from './errors.ts';

const ids = {
  data: '1.2.840.113549.1.7.1', signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3', messageDigest: '1.2.840.113549.1.9.4', signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const;
const signatureMax = 64 * 1024;

// Who signs: a key of WebCrypto (ECDSA P-256 or RSASSA-PKCS1-v1_5 with SHA-256; it need not be extractable) and its certificate.
export interface Signer {
  readonly signingKey: CryptoKey;
  readonly certificate: Certificate;
  readonly chain?: readonly Certificate[]; // further certificates to include, so that a verifier needs the root alone
}

// ECDSA signatures come out as DER.
export async function signBytes(key: CryptoKey, data: Uint8Array): Promise<Bytes> {
  const ec = key.algorithm.name === 'ECDSA';
  const signature = new Uint8Array(await crypto.subtle.sign(ec ? { name: 'ECDSA', hash: 'SHA-256' } : key.algorithm.name, key, plain(data)));
  return ec ? ecdsaToDer(signature) : signature;
}

export async function signCms(content: Uint8Array, { signingKey, certificate, chain = [] }: Signer, at = new Date()): Promise<Bytes> {
  const kind: KeyKind = signingKey.algorithm.name === 'ECDSA' ? 'ec' : 'rsa';
  if (kind !== certificate.publicKey.kind) throw new JinduError('cms.signer', 'key and certificate do not belong together');
  const attribute = (type: string, value: Uint8Array) => derSequence(derOid(type), derSet(value));
  const attributes = derSet(
    attribute(ids.contentType, derOid(ids.data)),
    attribute(ids.signingTime, derTime(at)),
    attribute(ids.messageDigest, derOctets(await sha256(content))),
    // SigningCertificateV2 with one ESSCertIDv2, whose default digest is SHA-256.
    attribute(ids.signingCertificateV2, derSequence(derSequence(derSequence(derOctets(certificate.fingerprint))))),
  );
  const signature = await signBytes(signingKey, attributes);
  if (!(await certificate.publicKey.verify(attributes, signature))) throw new JinduError('cms.signer', 'key and certificate do not belong together');
  const digestAlgorithm = derSequence(derOid(oids.sha256));
  const signerInfo = derSequence(
    derSmallInteger(1),
    derSequence(certificate.issuer.raw, der(tags.integer, certificate.serial)),
    digestAlgorithm,
    concat(Uint8Array.of(explicit(0)), attributes.subarray(1)), // [0] IMPLICIT in place of the tag of SET
    kind === 'ec' ? derSequence(derOid(oids.ecdsaSha256)) : derSequence(derOid(oids.rsa), derNull()),
    derOctets(signature),
  );
  const certificates = derSet(certificate.der, ...chain.map((one) => one.der));
  const signedData = derSequence(
    derSmallInteger(1),
    derSet(digestAlgorithm),
    derSequence(derOid(ids.data)),
    concat(Uint8Array.of(explicit(0)), certificates.subarray(1)),
    derSet(signerInfo),
  );
  return derSequence(derOid(ids.signedData), der(explicit(0), signedData));
}

export interface CmsSignature {
  readonly signer: Certificate;
  readonly others: readonly Certificate[]; // further certificates in the message, for building the chain
  readonly signingTime: Date | undefined;
}

const malformed = (detail: string) => new JinduError('cms.malformed', detail);
const attributesMissing = (detail: string) => new JinduError('cms.attributes', detail);

// Checks everything but trust: exactly one signer, detached, SHA-256 or stronger, digest and signature hold, and signingCertificateV2 names the signer's
// certificate. Codes: cms.malformed, cms.too_large, cms.signers, cms.not_detached, cms.weak_digest, cms.attributes, cms.signature, cms.signer_missing.
export async function verifyCms(signature: Uint8Array, content: Uint8Array): Promise<CmsSignature> {
  if (signature.length > signatureMax) throw new JinduError('cms.too_large', 'a signature has at most 64 KiB');
  try {
    return await verified(signature, content);
  } catch (cause) {
    if (cause instanceof JinduError && cause.code === 'der.malformed') throw new JinduError('cms.malformed', 'not a DER CMS SignedData', undefined, { cause });
    throw cause;
  }
}

async function verified(signature: Uint8Array, content: Uint8Array): Promise<CmsSignature> {
  const [type, wrapped, ...behind] = readDer(signature).sequence;
  if (type?.oid !== ids.signedData || !wrapped || behind.length > 0) throw malformed('not a DER CMS SignedData');
  const fields = wrapped.expect(explicit(0)).inner.sequence;
  const [, , encapsulated] = fields;
  const signers = fields.at(-1);
  if (fields.length < 4 || !encapsulated || !signers) throw malformed('a part is missing');
  const [contentType, ...own] = encapsulated.sequence;
  if (own.length > 0) throw new JinduError('cms.not_detached', 'the signature carries content of its own');
  if (!contentType) throw malformed('a part is missing');
  const [info, ...more] = signers.set;
  if (!info || more.length > 0) throw new JinduError('cms.signers', 'a signature has exactly one signer');
  const included = fields.find((field) => field.is(explicit(0)))?.children ?? [];
  const certificates = await Promise.all(included.map((one) => Certificate.fromDer(one.raw)));

  const parts = info.sequence;
  const [, sid, digestAlgorithm, attributes, algorithm, value] = parts;
  if (!sid || !digestAlgorithm) throw malformed('a part is missing');
  const hash = digestAlgorithms[digestAlgorithm.sequence[0]!.oid];
  if (!hash) throw new JinduError('cms.weak_digest', 'the digest is weaker than SHA-256');
  if (!attributes?.is(explicit(0))) throw attributesMissing('the signed attributes are missing');
  if (!algorithm || !value) throw malformed('a part is missing');

  const attribute = attributeReader(attributes);
  const named = attribute(ids.signingCertificateV2);
  if (!named) throw attributesMissing('the attribute signingCertificateV2 is missing');
  if (attribute(ids.contentType)?.oid !== contentType.oid) throw attributesMissing('the attribute contentType is missing or another');
  const digest = attribute(ids.messageDigest)?.octets;
  if (!digest) throw attributesMissing('the attribute messageDigest is missing');
  if (!constantTimeEqual(digest, new Uint8Array(await crypto.subtle.digest(hash, plain(content)))))
    throw new JinduError('cms.signature', 'the signature is over another content');

  const signer = certificates.find((one) => identifies(sid, one));
  if (!signer) throw new JinduError('cms.signer_missing', "the signer's certificate is not in the signature");
  const known = signatureAlgorithms[algorithm.sequence[0]!.oid];
  const signed = concat(Uint8Array.of(tags.set), attributes.raw.subarray(1));
  if (!known || known.kind !== signer.publicKey.kind || (known.hash ?? hash) !== hash || !(await signer.publicKey.verify(signed, value.octets, hash)))
    throw new JinduError('cms.signature', 'the signature does not hold');
  if (!(await namesCertificate(named, signer))) throw attributesMissing("signingCertificateV2 does not name the signer's certificate");
  return { signer, others: certificates.filter((one) => one !== signer), signingTime: attribute(ids.signingTime)?.time };
}

// Finds the single value of an attribute; one that is there twice, or has several values, is refused.
function attributeReader(attributes: Der): (type: string) => Der | undefined {
  const all = attributes.children.map((one) => {
    const [type, values] = one.sequence;
    if (!type || !values) throw malformed('a broken attribute');
    return { type: type.oid, values: values.set };
  });
  return (type) => {
    const found = all.filter((one) => one.type === type);
    if (found.length > 1 || (found[0] && found[0].values.length !== 1)) throw attributesMissing('an attribute stands there more than once');
    return found[0]?.values[0];
  };
}

function identifies(sid: Der, certificate: Certificate): boolean {
  if (sid.is(implicit(0))) {
    const identifier = certificate.subjectKeyIdentifier;
    return identifier !== undefined && equal(sid.content, identifier);
  }
  const [issuer, serial] = sid.sequence;
  return !!issuer && !!serial && equal(issuer.raw, certificate.issuer.raw) && equal(serial.integer, certificate.serial);
}

// RFC 5035: SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies OPTIONAL }; the first is the signer's.
async function namesCertificate(value: Der, certificate: Certificate): Promise<boolean> {
  const fields = value.sequence[0]?.sequence[0]?.sequence;
  if (!fields || value.sequence[0]!.sequence.length !== 1) return false;
  const algorithm = fields[0]?.is(tags.sequence) ? fields.shift() : undefined;
  const hash = algorithm ? digestAlgorithms[algorithm.sequence[0]?.oid ?? ''] : 'SHA-256';
  const [digest, issuerSerial] = fields;
  if (!hash || !digest) return false;
  if (issuerSerial) {
    const [names, serial] = issuerSerial.sequence;
    const issuer = names?.sequence[0];
    if (!serial || !issuer?.is(explicit(4)) || !equal(issuer.inner.raw, certificate.issuer.raw) || !equal(serial.integer, certificate.serial)) return false;
  }
  return constantTimeEqual(digest.octets, new Uint8Array(await crypto.subtle.digest(hash, certificate.der)));
}
