// X.509 certificates, and whom to trust. Only what this project issues and meets: P-256 and RSA of 2,048 to 4,096 bits, SHA-256 and stronger.
import { type Bytes, equal, hex, plain, sha256 } from './bytes.ts';
import { Der, ecdsaFromDer, explicit, readDer, tags } from './der.ts';
import { JinduError } from './errors.ts';

export type KeyKind = 'ec' | 'rsa';
type Hash = 'SHA-256' | 'SHA-384' | 'SHA-512';

export const oids = {
  sha256: '2.16.840.1.101.3.4.2.1', sha384: '2.16.840.1.101.3.4.2.2', sha512: '2.16.840.1.101.3.4.2.3',
  ec: '1.2.840.10045.2.1', p256: '1.2.840.10045.3.1.7', rsa: '1.2.840.113549.1.1.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3', serialNumber: '2.5.4.5', organisation: '2.5.4.10', organisationalUnit: '2.5.4.11',
  keyUsage: '2.5.29.15', basicConstraints: '2.5.29.19', subjectKeyIdentifier: '2.5.29.14',
} as const;

// What a signature's algorithm names; `undefined` hash: the one that stands elsewhere.
export const signatureAlgorithms: Readonly<Record<string, { kind: KeyKind; hash: Hash | undefined }>> = {
  [oids.ecdsaSha256]: { kind: 'ec', hash: 'SHA-256' },
  '1.2.840.10045.4.3.3': { kind: 'ec', hash: 'SHA-384' },
  '1.2.840.10045.4.3.4': { kind: 'ec', hash: 'SHA-512' },
  [oids.rsa]: { kind: 'rsa', hash: undefined },
  '1.2.840.113549.1.1.11': { kind: 'rsa', hash: 'SHA-256' },
  '1.2.840.113549.1.1.12': { kind: 'rsa', hash: 'SHA-384' },
  '1.2.840.113549.1.1.13': { kind: 'rsa', hash: 'SHA-512' },
};
export const digestAlgorithms: Readonly<Record<string, Hash>> = { [oids.sha256]: 'SHA-256', [oids.sha384]: 'SHA-384', [oids.sha512]: 'SHA-512' };

// A SubjectPublicKeyInfo this project can use.
export class PublicKey {
  private constructor(
    readonly spki: Bytes,
    readonly keyId: Bytes,
    readonly kind: KeyKind,
  ) {}

  static async from(spki: Uint8Array): Promise<PublicKey> {
    const [algorithm, key] = readDer(spki).sequence as [Der?, Der?];
    if (!algorithm || !key) throw new JinduError('key.malformed', 'not a public key');
    const [oid, curve] = algorithm.sequence;
    const bytes = plain(spki).slice();
    if (oid?.oid === oids.ec && curve?.is(tags.oid) && curve.oid === oids.p256) return new PublicKey(bytes, await sha256(bytes), 'ec');
    if (oid?.oid === oids.rsa) {
      const modulus = readDer(key.bits).sequence[0]?.integer;
      const size = modulus ? (modulus[0] === 0 ? modulus.length - 1 : modulus.length) * 8 : 0;
      if (size < 2048 || size > 4096) throw new JinduError('key.unsupported', 'an RSA key has 2,048 to 4,096 bits');
      return new PublicKey(bytes, await sha256(bytes), 'rsa');
    }
    throw new JinduError('key.unsupported', 'neither a P-256 nor an RSA key');
  }

  // `signature` is DER for ECDSA. False for a signature that does not hold, however it is broken.
  async verify(data: Uint8Array, signature: Uint8Array, hash: Hash = 'SHA-256'): Promise<boolean> {
    const { subtle } = crypto;
    try {
      if (this.kind === 'ec') {
        const key = await subtle.importKey('spki', this.spki, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
        return await subtle.verify({ name: 'ECDSA', hash }, key, ecdsaFromDer(signature), plain(data));
      }
      const key = await subtle.importKey('spki', this.spki, { name: 'RSASSA-PKCS1-v1_5', hash }, false, ['verify']);
      return await subtle.verify('RSASSA-PKCS1-v1_5', key, plain(signature), plain(data));
    } catch {
      return false;
    }
  }
}

interface Name {
  readonly raw: Bytes;
  readonly attributes: readonly (readonly [oid: string, value: string])[];
}

// First value of an attribute; empty when absent.
const attribute = (name: Name, oid: string): string => name.attributes.find(([type]) => type === oid)?.[1] ?? '';

function readName(name: Der): Name {
  const attributes = name.sequence.flatMap((relative) => relative.set).map((pair): readonly [string, string] => {
    const [type, value] = pair.sequence;
    if (!type || !value) throw new JinduError('certificate.malformed', 'a name without a value');
    return [type.oid, value.text];
  });
  return { raw: name.raw, attributes };
}

export class Certificate {
  private constructor(
    readonly der: Bytes,
    readonly fingerprint: Bytes, // SHA-256 over the certificate
    readonly publicKey: PublicKey,
    private readonly tbs: Bytes,
    readonly subject: Name,
    readonly issuer: Name,
    readonly serial: Bytes,
    readonly notBefore: Date,
    readonly notAfter: Date,
    private readonly extensions: ReadonlyMap<string, { critical: boolean; value: Bytes }>,
    private readonly algorithm: string,
    private readonly signature: Bytes,
  ) {}

  // Exactly one, nothing behind it.
  static async fromDer(bytes: Uint8Array): Promise<Certificate> {
    const der = plain(bytes).slice();
    try {
      const [tbs, algorithm, signature] = readDer(der).sequence;
      if (!tbs || !algorithm || !signature) throw new JinduError('certificate.malformed', 'a part is missing');
      const fields = tbs.sequence;
      const [version, serial, inner, issuer, validity, subject, spki] = fields;
      if (!version?.is(explicit(0)) || version.inner.smallInteger !== 2) throw new JinduError('certificate.malformed', 'not a certificate of version 3');
      if (!serial || !inner || !issuer || !validity || !subject || !spki) throw new JinduError('certificate.malformed', 'a part is missing');
      if (!equal(inner.raw, algorithm.raw)) throw new JinduError('certificate.malformed', 'two different signature algorithms');
      const [notBefore, notAfter] = validity.sequence;
      const extensions = new Map<string, { critical: boolean; value: Bytes }>();
      for (const extension of fields.find((field) => field.is(explicit(3)))?.inner.sequence ?? []) {
        const [oid, ...rest] = extension.sequence;
        const value = rest.at(-1);
        if (!oid || !value || rest.length > 2 || extensions.has(oid.oid)) throw new JinduError('certificate.malformed', 'a broken extension');
        extensions.set(oid.oid, { critical: rest.length === 2 && rest[0]!.boolean, value: value.octets });
      }
      return new Certificate(der, await sha256(der), await PublicKey.from(spki.raw), tbs.raw, readName(subject), readName(issuer), serial.integer, notBefore!.time,
        notAfter!.time, extensions, algorithm.sequence[0]!.oid, signature.bits);
    } catch (cause) {
      if (cause instanceof JinduError && !cause.code.startsWith('der.')) throw cause;
      throw new JinduError('certificate.malformed', 'not an X.509 certificate', undefined, { cause });
    }
  }

  static async fromPem(pem: string): Promise<Certificate[]> {
    const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g);
    return Promise.all(Array.from(blocks, ([, body]) => Certificate.fromDer(Uint8Array.from(atob(body!.replace(/\s+/g, '')), (c) => c.charCodeAt(0)))));
  }

  get keyId(): Bytes {
    return this.publicKey.keyId;
  }
  get commonName(): string {
    return attribute(this.subject, oids.commonName);
  }
  get organisation(): string {
    return attribute(this.subject, oids.organisation);
  }
  get organisationalUnit(): string {
    return attribute(this.subject, oids.organisationalUnit);
  }
  // Of a company: its unified social credit code.
  get serialNumberAttribute(): string {
    return attribute(this.subject, oids.serialNumber);
  }
  get issuerCommonName(): string {
    return attribute(this.issuer, oids.commonName);
  }
  get serialHex(): string {
    return hex(this.serial);
  }
  get fingerprintHex(): string {
    return hex(this.fingerprint);
  }
  get subjectKeyIdentifier(): Bytes | undefined {
    const value = this.extensions.get(oids.subjectKeyIdentifier)?.value;
    return value && readDer(value).octets;
  }

  isIssuedBy(issuer: Certificate): boolean {
    return equal(this.issuer.raw, issuer.subject.raw);
  }
  async isSignedBy(issuer: Certificate): Promise<boolean> {
    const known = signatureAlgorithms[this.algorithm];
    return known?.hash !== undefined && known.kind === issuer.publicKey.kind && (await issuer.publicKey.verify(this.tbs, this.signature, known.hash));
  }
  // Whether it may issue certificates with so many further authorities below it.
  mayIssue(below: number): boolean {
    const constraints = this.extensions.get(oids.basicConstraints);
    if (!constraints) return false;
    const [ca, length] = readDer(constraints.value).sequence;
    if (!ca?.is(tags.boolean) || !ca.boolean || (length && length.smallInteger < below)) return false;
    const usage = this.extensions.get(oids.keyUsage);
    return !usage || readDer(usage.value).flags.has(5); // keyCertSign
  }
  // Of critical extensions one must understand every one.
  hasUnknownCritical(): boolean {
    const known = new Set<string>([oids.keyUsage, oids.basicConstraints, oids.subjectKeyIdentifier, '2.5.29.17', '2.5.29.35', '2.5.29.37']);
    return [...this.extensions].some(([oid, { critical }]) => critical && !known.has(oid));
  }
  usesWeakSignature(): boolean {
    return signatureAlgorithms[this.algorithm]?.hash === undefined;
  }
}

export interface Trust {
  readonly roots: readonly Certificate[];
  readonly intermediates?: readonly Certificate[];
}
const depthMax = 6;

// The chain from `leaf` to a root of `trust`, or an error whose code is certificate.expired, .not_yet_valid, .unknown_issuer, .weak or .invalid.
// Revocation is checked by the servers; a page has no lists.
export async function verifyChain(leaf: Certificate, { roots, intermediates = [] }: Trust, at: Date): Promise<Certificate[]> {
  let failure = new JinduError('certificate.unknown_issuer', `nobody who is trusted issued the certificate of ${leaf.commonName}`);
  const climb = async (below: Certificate[]): Promise<Certificate[] | undefined> => {
    const top = below.at(-1)!;
    const mistake = mistakeOf(top, at);
    if (mistake) {
      failure = mistake;
      return undefined;
    }
    if (roots.some((root) => equal(root.der, top.der))) return below;
    if (below.length > depthMax) return undefined;
    for (const issuer of [...roots, ...intermediates]) {
      if (!top.isIssuedBy(issuer) || below.some((one) => equal(one.der, issuer.der))) continue;
      if (!(await top.isSignedBy(issuer))) continue;
      if (!issuer.mayIssue(below.length - 1)) {
        failure = new JinduError('certificate.invalid', `${issuer.commonName} may not issue certificates here`);
        continue;
      }
      const chain = await climb([...below, issuer]);
      if (chain) return chain;
    }
    return undefined;
  };
  const chain = await climb([leaf]);
  if (!chain) throw failure;
  return chain;
}

function mistakeOf(certificate: Certificate, at: Date): JinduError | undefined {
  const who = certificate.commonName;
  if (at < certificate.notBefore) return new JinduError('certificate.not_yet_valid', `the certificate of ${who} is not valid yet`);
  if (at > certificate.notAfter) return new JinduError('certificate.expired', `the certificate of ${who} has expired`);
  if (certificate.usesWeakSignature()) return new JinduError('certificate.weak', `the certificate of ${who} is signed with a weak or unknown algorithm`);
  if (certificate.hasUnknownCritical()) return new JinduError('certificate.invalid', `the certificate of ${who} has a critical extension that is not known`);
  return undefined;
}
