// Published vectors against what this implementation calls: tests/vectors/hpke and tests/vectors/wycheproof, as the C++ tests run them.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, hex } from '@common/bytes.ts';

const folder = [resolve('../../tests/vectors'), resolve('tests/vectors')].find((path) => existsSync(join(path, 'wycheproof')))!;
const { subtle } = crypto;

interface Group {
  readonly keySize: number;
  readonly ivSize: number;
  readonly tagSize: number;
  readonly tests: readonly (Readonly<Record<string, string>> & { readonly tcId: number; readonly result: 'valid' | 'invalid' | 'acceptable'; readonly size: number })[];
}
const groups = (name: string): readonly Group[] => (JSON.parse(gunzipSync(readFileSync(join(folder, 'wycheproof', `${name}_test.json.gz`))).toString()) as { testGroups: Group[] }).testGroups;

describe('HPKE in the suite of the seal', () => {
  const vector = JSON.parse(readFileSync(join(folder, 'hpke', 'base-p256-sha256-aes256gcm.json'), 'utf8')) as Record<string, string> & { encryption: Record<string, string> };
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

  it('opens the published ciphertext, and makes it from the published ephemeral key', async () => {
    const at = (name: string) => fromHex(vector[name]!);
    const recipientKey = { privateKey: await suite.kem.deserializePrivateKey(at('skRm').buffer), publicKey: await suite.kem.deserializePublicKey(at('pkRm').buffer) };
    const { ciphertext, aad, plaintext } = vector.encryption;
    const opened = await suite.open({ recipientKey, enc: at('enc').buffer, info: at('info').buffer }, fromHex(ciphertext!), fromHex(aad!));
    expect(hex(new Uint8Array(opened))).toBe(plaintext);
    const ekm = { privateKey: await suite.kem.deserializePrivateKey(at('skEm').buffer), publicKey: await suite.kem.deserializePublicKey(at('pkEm').buffer) };
    const sealed = await suite.seal({ recipientPublicKey: recipientKey.publicKey, info: at('info').buffer, ekm }, fromHex(plaintext!), fromHex(aad!));
    expect(hex(new Uint8Array(sealed.ct))).toBe(ciphertext);
    expect(hex(new Uint8Array(sealed.enc))).toBe(vector['enc']);
  });
});

describe('Wycheproof', () => {
  it('AES-256-GCM opens what is valid, and nothing else', async () => {
    let tried = 0;
    for (const { keySize, ivSize, tagSize, tests } of groups('aes_gcm')) {
      if (keySize !== 256 || ivSize !== 96 || tagSize !== 128) continue;
      for (const { key, iv, aad, msg, ct, tag, result, tcId } of tests) {
        const imported = await subtle.importKey('raw', fromHex(key!), 'AES-GCM', false, ['encrypt', 'decrypt']);
        const algorithm = { name: 'AES-GCM', iv: fromHex(iv!), additionalData: fromHex(aad!) };
        const opened = await subtle.decrypt(algorithm, imported, concat(fromHex(ct!), fromHex(tag!))).then((bytes) => hex(new Uint8Array(bytes)), () => undefined);
        expect(opened, `test ${tcId}`).toBe(result === 'valid' ? msg : undefined);
        if (result === 'valid') expect(hex(new Uint8Array(await subtle.encrypt(algorithm, imported, fromHex(msg!)))), `test ${tcId}`).toBe(ct! + tag!);
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(50);
  });

  it('HKDF-SHA-256', async () => {
    let tried = 0;
    for (const { tests } of groups('hkdf_sha256')) {
      for (const { ikm, salt, info, size, okm, result, tcId } of tests) {
        const key = await subtle.importKey('raw', fromHex(ikm!), 'HKDF', false, ['deriveBits']);
        const derived = await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: fromHex(salt!), info: fromHex(info!) }, key, size * 8).then((bytes) => hex(new Uint8Array(bytes)), () => undefined);
        expect(derived, `test ${tcId}`).toBe(result === 'valid' ? okm : undefined);
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(50);
  });
});
