import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DraftContent, loadDraft, openDraft, sealDraft } from '../src/application/draft.ts';
import { keptLocally, keepLocally } from '../src/application/local.ts';
import { Saving } from '../src/application/saving.ts';
import { token } from '../src/service.ts';
import { identity, session, unlocking, unlocked } from '../src/session.ts';
import { refusal } from '../../../common/web/test/support.ts';
import { people, type Person } from './person.ts';
import { come, MemoryPortal, MemoryStorage, rest } from './portal.ts';

const { person } = people();
let citizen: Person, other: Person, portal: MemoryPortal, storage: MemoryStorage, declaration: string;
beforeAll(async () => {
  citizen = await person('citizen', '/C=CN/CN=林晓舟', { kind: 'citizen', name: '林晓舟', login: '13900000000' });
  other = await person('other', '/C=CN/CN=王晓渡', { kind: 'citizen', name: '王晓渡', login: '13900000001' });
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  storage = new MemoryStorage();
  vi.stubGlobal('localStorage', storage);
  portal = new MemoryPortal();
  declaration = crypto.randomUUID();
  session.account = citizen.account;
  session.ended = false;
  identity.value = citizen.key;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const content = (form: object = {}, saved_at = 1_000): DraftContent => ({
  version: 1, item_id: 'food-business-licence', item_version: 1, form: form as never, id_number: '330106199001011234', phone: '13900000000', materials: [], answers_notice_id: '', saved_at,
});
const sealed = (form: object, saved_at = 1_000, who = citizen) => sealDraft(content(form, saved_at), who.account.id, declaration, who.key);
const stored = async () => (await openDraft(portal.drafts.get(declaration)!.sealed, citizen.account.id, declaration, citizen.key)).form;
const keepAtPortal = async (form: object, saved_at: number, version = 3) => void portal.drafts.set(declaration, { version, item_id: 'food-business-licence', sealed: await sealed(form, saved_at) });

describe('a draft', () => {
  it('is opened by whom it was sealed to, for this account and declaration, and by nobody else', async () => {
    const draft = await sealed({ name: '渡口' });
    expect((await openDraft(draft, citizen.account.id, declaration, citizen.key)).form).toEqual({ name: '渡口' });
    expect(await refusal(() => openDraft(draft, citizen.account.id, declaration, other.key))).toBe('seal.not_a_recipient');
    expect(await refusal(() => openDraft(draft, other.account.id, declaration, citizen.key))).toBe('seal.binding');
    expect(await refusal(() => openDraft(draft, citizen.account.id, crypto.randomUUID(), citizen.key))).toBe('seal.binding');
  });
  it('of a newer page is not misread', async () => {
    const newer = await sealDraft({ ...content(), version: 2 as never }, citizen.account.id, declaration, citizen.key);
    expect(await refusal(() => openDraft(newer, citizen.account.id, declaration, citizen.key))).toBe('draft.format');
  });
});

describe('where a draft is taken from', () => {
  const load = () => loadDraft(declaration, citizen.account.id, citizen.key, new AbortController().signal);
  it('is nowhere, when there is none', async () => {
    expect(await load()).toBeUndefined();
  });
  it('is the portal, with the version that is to be replaced', async () => {
    await keepAtPortal({ a: 1 }, 5);
    expect(await load()).toMatchObject({ version: 3, content: { form: { a: 1 } } });
  });
  it('is this browser where it kept something newer, and the portal where that is newer', async () => {
    await keepAtPortal({ a: 'portal' }, 5);
    keepLocally(declaration, await sealed({ a: 'here' }, 6));
    expect(await load()).toMatchObject({ version: 3, content: { form: { a: 'here' } } });
    keepLocally(declaration, await sealed({ a: 'here' }, 4));
    expect(await load()).toMatchObject({ version: 3, content: { form: { a: 'portal' } } });
  });
  it('is the portal where another person has kept something in this browser', async () => {
    await keepAtPortal({ a: 'portal' }, 5);
    keepLocally(declaration, await sealed({ a: 'other' }, 9, other));
    expect(await load()).toMatchObject({ content: { form: { a: 'portal' } } });
  });
});

describe('saving', () => {
  let form: Record<string, unknown>, saving: Saving;
  const begin = (version = 0) => {
    form = {};
    saving = new Saving(declaration, citizen.account.id, 'food-business-licence', version, () => content(form, Date.now()));
  };
  const type = (name: string, value: unknown) => {
    form[name] = value;
    saving.changed();
  };
  const puts = () => portal.asked.filter(({ method }) => method === 'PUT').length;

  it('follows a change by itself, once for what was typed in one go', async () => {
    begin();
    type('a', 1);
    type('a', 12);
    expect(saving.status.state).toBe('waiting');
    expect(saving.pending).toBe(true);
    await come('saved', () => saving.status.state === 'saved');
    expect(await stored()).toEqual({ a: 12 });
    expect(puts()).toBe(1);
    expect(saving.pending).toBe(false);
  });
  it('does nothing where nothing was changed', async () => {
    begin();
    await saving.now();
    await rest(5_000);
    expect(portal.asked).toEqual([]);
    expect(saving.status.state).toBe('none');
  });
  it('saves again what was changed while a save was under way', async () => {
    begin();
    type('a', 1);
    const first = saving.now();
    type('b', 2);
    await first;
    await come('the second save', () => portal.drafts.get(declaration)?.version === 2);
    await come('saved', () => saving.status.state === 'saved');
    expect(await stored()).toEqual({ a: 1, b: 2 });
  });
  it('keeps it sealed in this browser while the portal is silent, and tries again until it is saved', async () => {
    begin();
    for (let i = 0; i < 2; i++) portal.failOnce('never arrives', ({ method }) => method === 'PUT');
    type('a', '离线');
    await come('kept here', () => saving.status.state === 'local');
    expect(keptLocally(declaration)).toBeTruthy();
    expect(keptLocally(declaration)).not.toContain('离线');
    expect(saving.pending).toBe(true);
    await come('saved', () => saving.status.state === 'saved');
    expect(await stored()).toEqual({ a: '离线' });
    expect(keptLocally(declaration)).toBeUndefined();
  });
  it('says that it failed where this browser has no room either, and goes on trying', async () => {
    begin();
    storage.full = true;
    portal.failOnce('never arrives', ({ method }) => method === 'PUT');
    type('a', 1);
    await come('failed', () => saving.status.state === 'failed');
    await come('saved', () => saving.status.state === 'saved');
  });
  it('takes a save whose answer was lost for what it was, and no conflict with itself', async () => {
    begin();
    portal.failOnce('answer is lost', ({ method }) => method === 'PUT');
    type('a', 1);
    await come('saved', () => saving.status.state === 'saved');
    expect(await stored()).toEqual({ a: 1 });
    type('a', 2);
    await come('saved again', () => saving.status.state === 'saved' && portal.drafts.get(declaration)!.version === 3);
    expect(await stored()).toEqual({ a: 2 });
  });
  it('never overwrites what another window saved, until the person decides so', async () => {
    begin();
    type('a', 'here');
    await come('saved', () => saving.status.state === 'saved');
    await keepAtPortal({ a: 'there' }, Date.now(), 2);
    type('a', 'here again');
    await come('conflict', () => saving.status.state === 'conflict');
    const asked = puts();
    type('a', 'and again');
    await rest();
    expect(saving.status.state).toBe('conflict');
    expect(puts()).toBe(asked);
    expect(await stored()).toEqual({ a: 'there' });
    await saving.overwrite();
    expect(saving.status.state).toBe('saved');
    expect(await stored()).toEqual({ a: 'and again' });
  });
  it('asks for the login where the session has ended, and saves after it', async () => {
    begin();
    portal.failOnce('session has ended', ({ method }) => method === 'PUT');
    type('a', 1);
    await come('asked', () => unlocking.asked);
    expect(session.ended).toBe(true);
    expect(portal.drafts.size).toBe(0);
    session.ended = false;
    unlocked();
    await come('saved', () => saving.status.state === 'saved');
    expect(await stored()).toEqual({ a: 1 });
  });
  it('goes on in the session that another window of the same person has begun, without asking', async () => {
    begin();
    portal.session = { authenticated: true, account: citizen.account, csrf_token: 'of the other window' };
    portal.failOnce('token is another', ({ method }) => method === 'PUT');
    type('a', 1);
    await come('saved', () => saving.status.state === 'saved');
    expect(unlocking.asked).toBe(false);
    expect(token.csrf).toBe('of the other window');
  });
  it('asks for the login where another window has begun the session of another person', async () => {
    begin();
    portal.session = { authenticated: true, account: other.account, csrf_token: 'of somebody else' };
    portal.failOnce('token is another', ({ method }) => method === 'PUT');
    type('a', 1);
    await come('asked', () => unlocking.asked);
    expect(session.account).toMatchObject({ id: citizen.account.id });
    expect(token.csrf).not.toBe('of somebody else');
    session.ended = false;
    unlocked();
    await come('saved', () => saving.status.state === 'saved');
  });
  it('ends with the declaration: what was submitted is no draft any more', async () => {
    begin();
    type('a', 1);
    saving.end();
    expect(saving.pending).toBe(false);
    type('a', 2);
    await rest();
    expect(portal.asked).toEqual([]);
  });
});
