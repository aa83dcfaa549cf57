// Making and recovering a citizen's keys. What the portal is given opens nothing: docs/formats.md and its API say what each part is.
import { base64, fromBase64 } from '@common/bytes.ts';
import { Certificate } from '@common/certificate.ts';
import { JinduError } from '@common/errors.ts';
import { identityFrom } from '@common/identity.ts';
import { keysOfRecoveryCode, newKeyPair, newPasswordParameters, newRecoveryCode, registrationProof, unwrapKey, wrapKey } from '@common/keys.ts';
import { keysOfPasswordInWorker } from '@common/seal-client.ts';
import { api } from './service.ts';

// The private key under a password and a new recovery code.
async function keep(pkcs8: Uint8Array, password: string, recoveryCode: string) {
  const parameters = newPasswordParameters();
  const [byPassword, byCode] = await Promise.all([keysOfPasswordInWorker(password, parameters), keysOfRecoveryCode(recoveryCode)]);
  const [wrapped, recoveryWrapped] = await Promise.all([wrapKey(pkcs8, byPassword.wrappingKey), wrapKey(pkcs8, byCode.wrappingKey)]);
  return {
    salt: base64(parameters.salt), login_key: base64(byPassword.loginKey), wrapped_key: base64(wrapped),
    recovery_login_key: base64(byCode.loginKey), recovery_wrapped_key: base64(recoveryWrapped),
  };
}

// Gives the recovery code, to be shown once.
export async function registerCitizen(account: string, name: string, password: string): Promise<string> {
  const [{ pkcs8, spki, signingKey }, recoveryCode] = await Promise.all([newKeyPair(), newRecoveryCode()]);
  const [kept, proof] = await Promise.all([keep(pkcs8, password, recoveryCode), registrationProof(signingKey, account, name, spki)]);
  pkcs8.fill(0);
  await api.post('/api/v1/accounts/citizen/register', { json: { account, name, public_key: base64(spki), proof: base64(proof), ...kept } });
  return recoveryCode;
}

export interface Recovering {
  finish(password: string): Promise<string>; // the new recovery code
}
// First the key is opened by the code; then it is kept under a new password and a new code, and the old ones are worth nothing.
export async function recoverCitizen(account: string, typed: string): Promise<Recovering> {
  const { loginKey, wrappingKey } = await keysOfRecoveryCode(typed);
  const asked = { account, recovery_login_key: base64(loginKey) };
  const { recovery_wrapped_key, certificates } = await api.post('/api/v1/accounts/citizen/recover', { json: asked });
  if (!recovery_wrapped_key || !certificates[0]) throw new JinduError('key.unwrap', 'the portal gave no key');
  const pkcs8 = await unwrapKey(fromBase64(recovery_wrapped_key), wrappingKey);
  // That it is the certified key is tried out before anything is replaced.
  await identityFrom(pkcs8, await Certificate.fromDer(fromBase64(certificates[0])));
  return {
    async finish(password) {
      const recoveryCode = await newRecoveryCode();
      await api.post('/api/v1/accounts/citizen/recover', { json: { ...asked, replacement: await keep(pkcs8, password, recoveryCode) } });
      pkcs8.fill(0);
      return recoveryCode;
    },
  };
}
