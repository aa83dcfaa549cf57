// Who is here. The session itself is a cookie that pages cannot read; the private key lives in memory alone and is gone with the page, so that reading or writing
// sealed things after a reload asks for password or certificate file once more.
import type { Identity } from '@common/identity.ts';
import { JinduError } from '@common/errors.ts';
import { computed, reactive, shallowRef } from 'vue';
import { type Account, api, token, whenSessionEnds } from './service.ts';

export const session = reactive({
  known: false, // whether the portal was asked
  account: undefined as Account | undefined,
  ended: false, // it ran out while the page was open
});
export const identity = shallowRef<Identity>();
export const isCompany = computed(() => session.account?.kind === 'company');

whenSessionEnds(() => {
  if (session.account) session.ended = true;
});

// Asks once a page; the answer is kept.
let asked: Promise<void> | undefined;
export function whoIsHere(): Promise<void> {
  asked ??= api.get('/api/v1/session').then(
    ({ authenticated, account, csrf_token }) => {
      if (!session.known && authenticated) begin(account, csrf_token);
      session.known = true;
    },
    (error: unknown) => {
      asked = undefined;
      throw error;
    },
  );
  return asked;
}

function begin(account: Account | undefined, csrf: string | undefined): void {
  // Another person in the same page: nothing of the one before may stay.
  if (session.account && account && session.account.id !== account.id) forgetKey();
  session.account = account;
  session.known = true;
  session.ended = false;
  token.csrf = csrf ?? '';
}

export async function loginCitizen(phone: string, password: string): Promise<void> {
  const [{ keysOfPasswordInWorker }, { unwrapKey }, { identityFrom }, { Certificate }, { base64, fromBase64 }] = await Promise.all([
    import('@common/seal-client.ts'), import('@common/keys.ts'), import('@common/identity.ts'), import('@common/certificate.ts'), import('@common/bytes.ts'),
  ]);
  const cost = await api.post('/api/v1/accounts/citizen/parameters', { json: { account: phone }, repeatable: true });
  const { loginKey, wrappingKey } = await keysOfPasswordInWorker(password, { memoryKib: cost.memory_kib, iterations: cost.iterations, parallelism: cost.parallelism, salt: fromBase64(cost.salt) });
  const opened = await api.post('/api/v1/session/citizen', { json: { account: phone, login_key: base64(loginKey) } });
  const pkcs8 = await unwrapKey(fromBase64(opened.wrapped_key), wrappingKey);
  const [leaf, ...chain] = await Promise.all(opened.certificates.map((der) => Certificate.fromDer(fromBase64(der))));
  if (!leaf) throw new JinduError('certificate.malformed', 'the portal gave no certificate');
  const key = await identityFrom(pkcs8, leaf, chain);
  pkcs8.fill(0);
  begin(opened.account, opened.csrf_token);
  identity.value = key;
}

// The file and its password stay in this browser; the portal gets a signature over its challenge.
export async function loginCompany(file: Blob, password: string): Promise<void> {
  const [{ openPkcs12 }, { signCms }, { base64, utf8 }] = await Promise.all([import('@common/pkcs12.ts'), import('@common/cms.ts'), import('@common/bytes.ts')]);
  const key = await openPkcs12(new Uint8Array(await file.arrayBuffer()), password);
  const { challenge, text } = await api.post('/api/v1/session/company/challenge', { repeatable: true });
  // A challenge of another place, relayed, would log its relayer in there.
  if (text !== `jindu/company-session/v1\n${location.host}\n${challenge}\n`) throw new JinduError('login.challenge', 'the challenge is not of this site');
  const opened = await api.post('/api/v1/session/company', {
    json: { challenge, certificates: [key.certificate, ...(key.chain ?? [])].map(({ der }) => base64(der)), signature: base64(await signCms(utf8(text), key)) },
  });
  begin(opened.account, opened.csrf_token);
  identity.value = key;
}

export function forgetKey(): void {
  identity.value = undefined;
}

export async function logout(): Promise<void> {
  try {
    await api.post('/api/v1/session/logout', { repeatable: true });
  } catch (error) {
    // It had ended already.
    if (!(error instanceof JinduError) || error.code !== 'session.required') throw error;
  } finally {
    forgetKey();
    session.account = undefined;
    session.ended = false;
    token.csrf = '';
  }
}

// One dialog asks, for everybody who waits.
export const unlocking = reactive({ asked: false });
let waiting: { resolve: (key: Identity) => void; reject: (error: Error) => void }[] = [];

export function unlocked(): void {
  const key = identity.value;
  if (!key) return;
  unlocking.asked = false;
  for (const one of waiting.splice(0)) one.resolve(key);
}
export function unlockRefused(): void {
  unlocking.asked = false;
  for (const one of waiting.splice(0)) one.reject(new JinduError('session.not_unlocked', 'the key was not unlocked'));
}

// The key, after asking for it where it is not here or the session has ended.
export function needKey(): Promise<Identity> {
  if (identity.value && !session.ended) return Promise.resolve(identity.value);
  unlocking.asked = true;
  return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}

// Another window of this browser may have logged in since: then the session is that one, and only its token is new here. Not so for another person's.
async function joinSession(): Promise<boolean> {
  const { authenticated, account, csrf_token } = await api.get('/api/v1/session');
  if (!authenticated || account?.id !== session.account?.id) return false;
  begin(account, csrf_token);
  return true;
}
// After a refusal that concerns the session: true once there is one again, by another window's login or by one in a dialog. `again`: joining was not enough before.
export async function regainSession(refusal: unknown, again = false): Promise<boolean> {
  if (!(refusal instanceof JinduError) || !['session.required', 'session.csrf'].includes(refusal.code)) return false;
  if (refusal.code === 'session.csrf' && !again && (await joinSession())) return true;
  session.ended = true;
  await needKey();
  return true;
}

// Does what needs a session; where it has ended, the person logs in again in a dialog and the work is done once more. Nothing that was typed is lost.
export async function withSession<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(await regainSession(error))) throw error;
    return work();
  }
}
