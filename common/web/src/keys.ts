// The keys of citizens. A key pair is made in the browser; the portal keeps it wrapped under a key it never sees. What a password or a recovery code gives is
// split in two by HKDF: a login key, which the portal checks, and a wrapping key, which never leaves the browser.
import { argon2id } from 'hash-wasm';
import { type Bytes, concat, plain, random, utf8 } from './bytes.ts';
import { signBytes } from './cms.ts';
import { JinduError, orRefuse } from './errors.ts';

// As the portal answers for an account. docs: extranet-portal/api/openapi.json, LoginParameters.
export interface PasswordParameters {
  readonly memoryKib: number;
  readonly iterations: number;
  readonly parallelism: number;
  readonly salt: Uint8Array;
}
export const passwordCost = { memoryKib: 64 * 1024, iterations: 3, parallelism: 1 } as const;

export interface DerivedKeys {
  readonly loginKey: Bytes; // 32 bytes
  readonly wrappingKey: CryptoKey; // AES-256-GCM, not extractable
}

// The same password typed on different keyboards is the same text.
const normalised = (password: string): Bytes => utf8(password.normalize('NFKC'));

async function split(secret: Uint8Array, purpose: '' | 'recovery-'): Promise<DerivedKeys> {
  const { subtle } = crypto;
  const base = await subtle.importKey('raw', plain(secret), 'HKDF', false, ['deriveBits', 'deriveKey']);
  const parameters = (name: string) => ({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: utf8(`jindu/${purpose}${name}/v1`) });
  const [loginKey, wrappingKey] = await Promise.all([
    subtle.deriveBits(parameters('login-key'), base, 256),
    subtle.deriveKey(parameters('wrapping-key'), base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']),
  ]);
  return { loginKey: new Uint8Array(loginKey), wrappingKey };
}

export const newPasswordParameters = (): PasswordParameters => ({ ...passwordCost, salt: random(16) });

// Takes about half a second on purpose. A server that names a lower cost, so that passwords are easier to guess, is refused.
export async function keysOfPassword(password: string, { memoryKib, iterations, parallelism, salt }: PasswordParameters): Promise<DerivedKeys> {
  if (memoryKib < passwordCost.memoryKib || iterations < passwordCost.iterations || parallelism < 1 || salt.length < 16)
    throw new JinduError('key.weak_parameters', 'the server asks for less protection of the password than is due');
  if (memoryKib > 1024 * 1024 || iterations > 20 || parallelism > 8) throw new JinduError('key.weak_parameters', 'the server asks for more work than any password needs');
  const secret = await argon2id({ password: normalised(password), salt, memorySize: memoryKib, iterations, parallelism, hashLength: 32, outputType: 'binary' });
  return split(secret, '');
}

// 128 random bits and two bits that check them, in 26 characters of Crockford's base32: no I, L, O and U, so that nothing is misread.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const recoveryBytes = 16;

// In groups, to be written down: XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX.
export async function newRecoveryCode(): Promise<string> {
  const text = await encodeRecovery(random(recoveryBytes));
  return [0, 5, 10, 15].map((at) => text.slice(at, at + 5)).concat(text.slice(20)).join('-');
}

async function encodeRecovery(bytes: Bytes): Promise<string> {
  const check = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))[0]! >> 6;
  let bits = (bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) << 2n) | BigInt(check);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = alphabet[Number(bits & 31n)]! + text;
    bits >>= 5n;
  }
  return text;
}

// Forgives case, spaces, hyphens and what is commonly misread; refuses what is not a code. Code key.recovery_code.
export async function readRecoveryCode(typed: string): Promise<Bytes> {
  const text = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  const values = Array.from(text, (c) => alphabet.indexOf(c));
  if (values.length !== 26 || values.includes(-1)) throw new JinduError('key.recovery_code', 'a recovery code has 26 letters and digits');
  let bits = values.reduce((sum, value) => (sum << 5n) | BigInt(value), 0n) >> 2n;
  const bytes = new Uint8Array(recoveryBytes);
  for (let i = recoveryBytes - 1; i >= 0; i--) {
    bytes[i] = Number(bits & 255n);
    bits >>= 8n;
  }
  if ((await encodeRecovery(bytes)) !== text) throw new JinduError('key.recovery_code', 'this recovery code was mistyped');
  return bytes;
}

export const keysOfRecoveryCode = async (typed: string): Promise<DerivedKeys> => split(await readRecoveryCode(typed), 'recovery-');

// A wrapped key: "JDK1" || nonce (12) || AES-256-GCM of the PKCS#8 form, with "JDK1" as additional data. Opaque to the portal.
const wrapMagic = utf8('JDK1');

export async function wrapKey(pkcs8: Uint8Array, wrappingKey: CryptoKey): Promise<Bytes> {
  const nonce = random(12);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: wrapMagic }, wrappingKey, plain(pkcs8));
  return concat(wrapMagic, nonce, new Uint8Array(sealed));
}

export function unwrapKey(wrapped: Uint8Array, wrappingKey: CryptoKey): Promise<Bytes> {
  return orRefuse('key.unwrap', 'the wrapped key does not open with this password or code', async () => {
    if (wrapped.length < 32 || !wrapMagic.every((byte, i) => wrapped[i] === byte)) throw new JinduError('key.unwrap', 'not a wrapped key');
    const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: plain(wrapped).subarray(4, 16), additionalData: wrapMagic }, wrappingKey, plain(wrapped).subarray(16));
    return new Uint8Array(opened);
  });
}

export interface NewKeyPair {
  readonly pkcs8: Bytes; // wrap it, make it an identity, then let go of it
  readonly spki: Bytes;
  readonly signingKey: CryptoKey; // not extractable
}

export async function newKeyPair(): Promise<NewKeyPair> {
  const { subtle } = crypto;
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const [pkcs8, spki] = (await Promise.all([subtle.exportKey('pkcs8', pair.privateKey), subtle.exportKey('spki', pair.publicKey)])).map((bytes) => new Uint8Array(bytes)) as [Bytes, Bytes];
  const signingKey = await subtle.importKey('pkcs8', pkcs8, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  return { pkcs8, spki, signingKey };
}

// What the portal keeps of a citizen's keys: of `Registration` and of a recovery's `replacement`.
export interface KeptKeys {
  readonly salt: Bytes;
  readonly login_key: Bytes;
  readonly wrapped_key: Bytes;
  readonly recovery_login_key: Bytes;
  readonly recovery_wrapped_key: Bytes;
}

// The key under a password and under a recovery code.
export async function keepKeys(pkcs8: Uint8Array, password: string, recoveryCode: string): Promise<KeptKeys> {
  const parameters = newPasswordParameters();
  const [byPassword, byCode] = await Promise.all([keysOfPassword(password, parameters), keysOfRecoveryCode(recoveryCode)]);
  const [wrapped_key, recovery_wrapped_key] = await Promise.all([wrapKey(pkcs8, byPassword.wrappingKey), wrapKey(pkcs8, byCode.wrappingKey)]);
  return { salt: plain(parameters.salt), login_key: byPassword.loginKey, wrapped_key, recovery_login_key: byCode.loginKey, recovery_wrapped_key };
}

// The proof of possession that the portal's registration authority demands.
export function registrationProof(signingKey: CryptoKey, account: string, name: string, spki: Uint8Array): Promise<Bytes> {
  const zero = new Uint8Array(1);
  return signBytes(signingKey, concat(utf8('jindu/register/v1'), zero, utf8(account), zero, utf8(name), zero, spki));
}
