import { argon2id } from 'hash-wasm';
import { describe, expect, it } from 'vitest';
import { concat, hex, random, utf8 } from '@common/bytes.ts';
import { PublicKey } from '@common/certificate.ts';
import { keyPairFrom } from '@common/identity.ts';
import {
  keepKeys, keysOfPassword, keysOfRecoveryCode, newKeyPair, newPasswordParameters, newRecoveryCode, passwordCost, readRecoveryCode, registrationProof, unwrapKey, wrapKey,
} from '@common/keys.ts';
import { openSeal, recipientOf, seal } from '@common/seal.ts';
import { openssl, read, refusal, temporaryDirectory, write } from './support.ts';

describe('a password', () => {
  it('gives the keys that the portal describes', async () => {
    const salt = random(16);
    const { loginKey, wrappingKey } = await keysOfPassword('正确的马', { ...passwordCost, salt });
    const secret = await argon2id({ password: utf8('正确的马'), salt, memorySize: 65536, iterations: 3, parallelism: 1, hashLength: 32, outputType: 'hex' });
    const derive = (info: string) => openssl('/tmp', 'kdf', '-keylen', '32', '-kdfopt', 'digest:SHA256', '-kdfopt', `hexkey:${secret}`, '-kdfopt', 'salt:', '-kdfopt', `info:${info}`, '-binary', 'HKDF').toString('hex');
    expect(hex(loginKey)).toBe(derive('jindu/login-key/v1'));
    const raw = await crypto.subtle.importKey('raw', Buffer.from(derive('jindu/wrapping-key/v1'), 'hex'), 'AES-GCM', false, ['encrypt', 'decrypt']);
    expect(await unwrapKey(await wrapKey(utf8('key'), wrappingKey), raw)).toEqual(utf8('key'));
    expect(wrappingKey.extractable).toBe(false);
  });

  it('is the same text from every keyboard', async () => {
    const parameters = newPasswordParameters();
    const [composed, decomposed, other] = await Promise.all(['Caf\u00e9', 'Cafe\u0301', 'Cafe'].map((text) => keysOfPassword(text, parameters)));
    expect(decomposed!.loginKey).toEqual(composed!.loginKey);
    expect(other!.loginKey).not.toEqual(composed!.loginKey);
  });

  it('is never protected less because the server says so', async () => {
    const salt = random(16);
    for (const weaker of [{ memoryKib: 1024 }, { iterations: 1 }, { salt: random(8) }, { parallelism: 0 }, { memoryKib: 8 * 1024 * 1024 }, { iterations: 1000 }])
      expect(await refusal(() => keysOfPassword('x', { ...passwordCost, salt, ...weaker }))).toBe('key.weak_parameters');
  });
});

describe('a recovery code', () => {
  it('is read as it was written, and as people misread it', async () => {
    for (let i = 0; i < 20; i++) {
      const code = await newRecoveryCode();
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{6}$/);
      const bytes = await readRecoveryCode(code);
      expect(bytes.length).toBe(16);
      const sloppy = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
      expect(await readRecoveryCode(sloppy)).toEqual(bytes);
    }
  });
  it('is refused when it is no code, and mostly when it was mistyped', async () => {
    const code = await newRecoveryCode();
    for (const wrong of ['', code + '0', code.slice(1), 'U' + code.slice(1)]) expect(await refusal(() => readRecoveryCode(wrong))).toBe('key.recovery_code');
    let caught = 0;
    for (const c of '0123456789ABCDEFGHJKMNPQRSTVWXYZ') if (c !== code[3] && (await refusal(() => readRecoveryCode(code.slice(0, 3) + c + code.slice(4)))) !== 'nothing') caught++;
    expect(caught).toBeGreaterThan(10);
  });
});

describe('a key pair of a citizen', () => {
  it('comes back by password and by recovery code, and by nothing else', async () => {
    const { pkcs8, spki } = await newKeyPair();
    const code = await newRecoveryCode();
    const kept = await keepKeys(pkcs8, 'pass', code);
    expect(kept.wrapped_key.length).toBeLessThan(1024);
    const byPassword = await keysOfPassword('pass', { ...passwordCost, salt: kept.salt });
    expect(byPassword.loginKey).toEqual(kept.login_key);
    expect(await unwrapKey(kept.wrapped_key, byPassword.wrappingKey)).toEqual(pkcs8);
    const byCode = await keysOfRecoveryCode(code);
    expect(byCode.loginKey).toEqual(kept.recovery_login_key);
    expect(await unwrapKey(kept.recovery_wrapped_key, byCode.wrappingKey)).toEqual(pkcs8);
    expect(await refusal(() => unwrapKey(kept.wrapped_key, byCode.wrappingKey))).toBe('key.unwrap');
    for (let at = 0; at < kept.wrapped_key.length; at++) {
      const changed = kept.wrapped_key.slice();
      changed[at]! ^= 0x80;
      expect(await refusal(() => unwrapKey(changed, byPassword.wrappingKey))).toBe('key.unwrap');
    }
    expect(await refusal(() => unwrapKey(kept.wrapped_key.slice(0, 20), byPassword.wrappingKey))).toBe('key.unwrap');
    const pair = await keyPairFrom(await unwrapKey(kept.wrapped_key, byPassword.wrappingKey), spki);
    expect(await openSeal(await seal([await recipientOf(spki)], 'b', utf8('同一把钥匙')), pair.opener, 'b')).toEqual(utf8('同一把钥匙'));
  });

  it('proves itself to the registration authority', async () => {
    const { spki, signingKey } = await newKeyPair();
    const proof = await registrationProof(signingKey, '13800138000', '王小渡', spki);
    const message = concat(utf8('jindu/register/v1\0' + '13800138000\0王小渡\0'), spki);
    expect(await (await PublicKey.from(spki)).verify(message, proof)).toBe(true);
    const directory = temporaryDirectory();
    write(directory, 'spki', spki);
    write(directory, 'proof', proof);
    write(directory, 'message', message);
    openssl(directory, 'pkey', '-pubin', '-inform', 'DER', '-in', 'spki', '-out', 'public.pem');
    expect(openssl(directory, 'dgst', '-sha256', '-verify', 'public.pem', '-signature', 'proof', 'message').toString()).toContain('Verified OK');
    expect(read(directory, 'proof').length).toBe(proof.length);
  });
});
