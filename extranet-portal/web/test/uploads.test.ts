import { fromBase64, hex, type Bytes, sha256 } from '@common/bytes.ts';
import { materialBinding } from '@common/material.ts';
import { openSeal } from '@common/seal.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DraftMaterial } from '../src/application/draft.ts';
import { fingerprintOf, newMaterial, Upload } from '../src/application/uploads.ts';
import { identity, session, unlocked, unlocking } from '../src/session.ts';
import { people, type Person } from './person.ts';
import { come, MemoryPortal, rest, workersHere } from './portal.ts';

const { person } = people();
const declaration = crypto.randomUUID(), mib = 1024 * 1024;
let citizen: Person, portal: MemoryPortal;
// Three parts and more, and no whole number of chunks.
const bytes = new Uint8Array(new ArrayBuffer(2 * mib + 12_345)).map((_, i) => (i * 131 + (i >> 9)) & 255);
const file = (content: Bytes = bytes, lastModified = 1_000) => new File([content], 'premises.mp4', { lastModified });

beforeAll(async () => {
  await workersHere();
  citizen = await person('citizen', '/C=CN/CN=林晓舟', { kind: 'citizen', name: '林晓舟', login: '13900000000' });
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  portal = new MemoryPortal();
  session.account = citizen.account;
  session.ended = false;
  identity.value = citizen.key;
});
afterEach(() => vi.useRealTimers());
afterAll(() => vi.unstubAllGlobals());

const puts = () => portal.asked.filter(({ method }) => method === 'PUT').map(({ offset }) => offset);
const isPut = (from: number) => ({ method, offset }: { method: string; offset: number }) => method === 'PUT' && offset >= from;
async function begun(one = file()): Promise<{ upload: Upload; kept: () => DraftMaterial }> {
  let kept = await newMaterial('video', one, 'video/mp4');
  const upload = new Upload(declaration, kept, (material) => (kept = material), one);
  return { upload, kept: () => kept };
}
async function demandWhole(material: DraftMaterial, content: Bytes = bytes): Promise<void> {
  const there = portal.uploads.get(material.upload_id)!;
  expect(there.bytes.length).toBe(there.size);
  expect(material).toMatchObject({ sealed_size: there.size, sha256: hex(await sha256(content)), sealed_sha256: hex(await sha256(there.bytes as Bytes)) });
  const opened = await openSeal(there.bytes, { fileKey: fromBase64(material.file_key) }, materialBinding(declaration, material.upload_id));
  expect(hex(await sha256(opened))).toBe(material.sha256);
}

describe('the fingerprint of a file', () => {
  it('is that of the same file only', async () => {
    const changed = (at: number) => {
      const other = bytes.slice();
      other[at]! ^= 1;
      return fingerprintOf(file(other));
    };
    const own = await fingerprintOf(file());
    expect(await fingerprintOf(file(bytes.slice()))).toBe(own);
    expect(await fingerprintOf(file(bytes, 1_001))).not.toBe(own);
    expect(await fingerprintOf(file(bytes.subarray(0, bytes.length - 1) as Bytes))).not.toBe(own);
    for (const at of [0, mib, bytes.length - 1]) expect(await changed(at), String(at)).not.toBe(own);
  });
});

describe('an upload', () => {
  it('brings the sealed file in parts, in order, and ends with digests of both forms', async () => {
    const { upload, kept } = await begun();
    await come('done', () => upload.status.state === 'done');
    await demandWhole(kept());
    expect(puts().length).toBeGreaterThan(2);
    expect(puts()).toEqual([...puts()].sort((a, b) => a - b));
    expect(upload.status.sent).toBe(upload.status.total);
  });
  it('of nothing is a seal of nothing, and one of a whole number of chunks and mebibytes is whole', async () => {
    for (const size of [0, 16 * 1024, mib]) {
      const content = bytes.slice(0, size), { upload, kept } = await begun(file(content));
      await come(`done with ${size}`, () => upload.status.state === 'done');
      await demandWhole(kept(), content);
    }
  });
  it('goes on where it was after the network was away, and sends nothing twice', async () => {
    const { upload, kept } = await begun();
    for (let i = 0; i < 3; i++) portal.failOnce('never arrives', isPut(300_000));
    await come('offline', () => upload.status.state === 'offline');
    expect(upload.status.rate).toBe(0);
    await come('done', () => upload.status.state === 'done');
    await demandWhole(kept());
    expect(new Set(puts()).size).toBe(puts().length - 3);
  });
  it('asks where to go on when a part arrived and its answer did not', async () => {
    const { upload, kept } = await begun();
    portal.failOnce('answer is lost', isPut(200_000));
    await come('done', () => upload.status.state === 'done');
    await demandWhole(kept());
  });
  it('waits where the portal is busy', async () => {
    const { upload, kept } = await begun();
    portal.failOnce('busy', ({ method }) => method === 'POST');
    portal.failOnce('busy', isPut(0));
    await come('done', () => upload.status.state === 'done');
    await demandWhole(kept());
  });
  it('asks for the login where the session has ended, and goes on after it', async () => {
    const { upload, kept } = await begun();
    portal.failOnce('session has ended', isPut(1));
    await come('asked', () => unlocking.asked);
    await rest(5_000);
    expect(upload.status.state).toBe('running');
    const before = puts().length;
    session.ended = false;
    unlocked();
    await come('done', () => upload.status.state === 'done');
    expect(puts().length).toBeGreaterThan(before);
    await demandWhole(kept());
  });
  it('joins the session of another window once, and asks for the login where that is not enough', async () => {
    portal.session = { authenticated: true, account: citizen.account, csrf_token: 'of the other window' };
    portal.failOnce('token is another', isPut(1));
    const { upload, kept } = await begun();
    await come('done', () => upload.status.state === 'done');
    await demandWhole(kept());
    for (let i = 0; i < 2; i++) portal.failOnce('token is another', isPut(1));
    const second = await begun();
    await come('asked', () => unlocking.asked);
    session.ended = false;
    unlocked();
    await come('done', () => second.upload.status.state === 'done');
    await demandWhole(second.kept());
  });
  it('stands still while it is paused, and goes on from there', async () => {
    const second = portal.hold(isPut(1)), { upload, kept } = await begun();
    await come('the second part is on its way', () => second.reached);
    upload.pause();
    await rest();
    const there = portal.uploads.get(kept().upload_id)!.bytes.length, before = puts().length;
    expect(upload.status.state).toBe('paused');
    expect(there).toBe(256 * 1024);
    expect(before).toBe(2);
    upload.resume();
    await come('done', () => upload.status.state === 'done');
    expect(puts()[before]).toBe(there);
    await demandWhole(kept());
  });
  it('goes on in another page with the same file, and refuses another one', async () => {
    const part = portal.hold(isPut(1)), first = await begun();
    await come('the second part is on its way', () => part.reached);
    first.upload.pause();
    await rest(2_000);
    const material = first.kept(), there = portal.uploads.get(material.upload_id)!.bytes.length, before = puts().length;
    let kept = material;
    const second = new Upload(declaration, material, (changed) => (kept = changed));
    expect(second.status).toMatchObject({ state: 'needs-file', total: material.sealed_size });
    const other = bytes.slice();
    other[5]! ^= 1;
    expect(await second.resumeWith(file(other))).toBe(false);
    expect(await second.resumeWith(file(bytes, 2_000))).toBe(false);
    expect(second.status.state).toBe('needs-file');
    expect(await second.resumeWith(file())).toBe(true);
    await come('done', () => second.status.state === 'done');
    expect(puts()[before]).toBe(there);
    await demandWhole(kept);
  });
  it('that is whole already is only compared, not sent again', async () => {
    const { upload, kept } = await begun();
    await come('done', () => upload.status.state === 'done');
    const before = puts().length, { sealed_sha256: _, sha256: __, ...unsaved } = kept();
    let again: DraftMaterial = unsaved;
    const second = new Upload(declaration, unsaved, (changed) => (again = changed));
    expect(await second.resumeWith(file())).toBe(true);
    await come('done', () => second.status.state === 'done');
    expect(puts().length).toBe(before);
    await demandWhole(again);
  });
  it('fails when other bytes are there than were sealed, since a file was changed or mixed up', async () => {
    const second = portal.hold(isPut(1)), { upload, kept } = await begun();
    await come('the second part is on its way', () => second.reached);
    portal.uploads.get(kept().upload_id)!.bytes[300]! ^= 1;
    second.letGo();
    await come('failed', () => upload.status.state === 'failed');
    expect(upload.status.problem).toMatchObject({ code: 'material.changed' });
    expect(kept().sealed_sha256).toBeUndefined();
  });
  it('is begun at once with its digests where it was submitted before', () => {
    const earlier = { code: 'plan', upload_id: crypto.randomUUID(), file_name: 'plan.pdf', media_type: 'application/pdf', size: 5, file_key: '', salt: '', fingerprint: '', sealed_size: 77, sha256: 'ab', sealed_sha256: 'cd', earlier: true } as const;
    const upload = new Upload(declaration, earlier, () => undefined);
    expect(upload.status).toMatchObject({ state: 'done', sent: 77, total: 77 });
  });
  it('that is removed is forgotten at the portal, but never what was submitted before', async () => {
    const { upload, kept } = await begun();
    await come('done', () => upload.status.state === 'done');
    await upload.remove();
    expect(portal.uploads.has(kept().upload_id)).toBe(false);
    await upload.remove();
    const before = portal.asked.length;
    await new Upload(declaration, { ...kept(), earlier: true }, () => undefined).remove();
    expect(portal.asked.length).toBe(before);
  });
  it('runs after the one before it', async () => {
    const [first, second] = [await begun(), await begun(file(bytes.slice(0, 5_000)))];
    await come('both are done', () => first.upload.status.state === 'done' && second.upload.status.state === 'done');
    const order = portal.asked.filter(({ method }) => method === 'PUT').map(({ path }) => path.split('/').at(-1));
    expect(order.lastIndexOf(first.kept().upload_id)).toBeLessThan(order.indexOf(second.kept().upload_id));
  });
});
