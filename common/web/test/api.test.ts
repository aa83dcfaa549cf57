import { describe, expect, it } from 'vitest';
import { Client, Problem, wait } from '@common/api.ts';

interface Paths {
  '/things/{id}': {
    parameters: { path?: never };
    get: { parameters: { query?: { q?: string; tag?: string[] }; path: { id: string } }; responses: { 200: { content: { 'application/json': { name: string } } } } };
    put: { parameters: { path: { id: string } }; requestBody: { content: { 'application/json': { name: string } } }; responses: { 204: { content?: never } } };
    post?: never;
    delete?: never;
  };
  '/things': {
    post: { parameters: { path?: never }; requestBody: { content: { 'application/json': { name: string } } }; responses: { 201: { content: { 'application/json': { id: string } } } } };
  };
}
type Reply = Response | Error;
function client(replies: Reply[], settings: ConstructorParameters<typeof Client>[0] = {}) {
  const asked: { url: string; init: RequestInit }[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    asked.push({ url, init });
    const reply = replies.shift();
    if (!reply) throw new Error('asked too often');
    if (reply instanceof Error) throw reply;
    return reply;
  }) as typeof globalThis.fetch;
  return { api: new Client<Paths>({ fetch, pausesMs: [1, 1], ...settings }), asked };
}
const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status, headers: { 'Content-Type': 'application/json' } });
const problem = (document: object, status: number, headers = {}) =>
  new Response(JSON.stringify(document), { status, headers: { 'Content-Type': 'application/problem+json', ...headers } });
const caught = async (work: Promise<unknown>): Promise<Problem> => work.then(() => expect.unreachable(), (error: unknown) => error as Problem);

describe('a request', () => {
  it('fills path and query in, marks itself, and gives the answer', async () => {
    const { api, asked } = client([json({ name: '津渡' })], { base: 'https://portal', headers: () => ({ 'X-CSRF-Token': 't' }) });
    expect(await api.get('/things/{id}', { path: { id: 'a/b' }, query: { q: '许 可', tag: ['x', 'y'] } })).toEqual({ name: '津渡' });
    expect(asked[0]!.url).toBe('https://portal/things/a%2Fb?q=%E8%AE%B8+%E5%8F%AF&tag=x&tag=y');
    expect(asked[0]!.init.headers).toMatchObject({ 'X-Requested-With': 'jindu', 'X-CSRF-Token': 't' });
  });
  it('sends JSON as such, and takes an empty answer for none', async () => {
    const { api, asked } = client([new Response(null, { status: 204 })]);
    expect(await api.put('/things/{id}', { path: { id: '1' }, json: { name: 'n' } })).toBeUndefined();
    expect(asked[0]!.init).toMatchObject({ method: 'PUT', body: '{"name":"n"}', headers: { 'Content-Type': 'application/json' } });
  });
});

describe('what goes wrong', () => {
  it('is told with the code, place and further members that the service gave', async () => {
    const told: Problem[] = [];
    const { api } = client([problem({ code: 'upload.offset', detail: 'd', status: 409, field: '/x', received: 7, request_id: 'r' }, 409)], { onProblem: (p) => told.push(p) });
    const error = await caught(api.get('/things/{id}', { path: { id: '1' } }));
    expect(error).toMatchObject({ status: 409, code: 'upload.offset', field: '/x', requestId: 'r', more: { received: 7 } });
    expect(told).toEqual([error]);
  });
  it('has a code even when something in between answers in its own way', async () => {
    const { api } = client([new Response('<h1>no</h1>', { status: 413, headers: { 'Content-Type': 'text/html' } })]);
    expect(await caught(api.get('/things/{id}', { path: { id: '1' } }))).toMatchObject({ status: 413, code: 'http.413' });
  });
  it('is tried again only where nobody said no, and only what may be repeated', async () => {
    const reach: boolean[] = [];
    const through = client([new TypeError('refused'), problem({ code: 'http.unavailable' }, 503, { 'Retry-After': '0' }), json({ name: 'n' })], { onReach: (r) => reach.push(r) });
    expect(await through.api.get('/things/{id}', { path: { id: '1' } })).toEqual({ name: 'n' });
    expect(reach).toEqual([false, false, true]);
    const never = client([new TypeError('refused'), new TypeError('refused'), new TypeError('refused')]);
    expect(await caught(never.api.get('/things/{id}', { path: { id: '1' } }))).toMatchObject({ status: 0, code: 'network.unreachable', isSilence: true });
    expect(never.asked.length).toBe(3);
    const post = client([new TypeError('refused')]);
    expect((await caught(post.api.post('/things', { json: { name: 'n' } }))).code).toBe('network.unreachable');
    expect(post.asked.length).toBe(1);
    const said = client([problem({ code: 'draft.version' }, 409)]);
    expect((await caught(said.api.put('/things/{id}', { path: { id: '1' }, json: { name: 'n' } }))).code).toBe('draft.version');
    expect(said.asked.length).toBe(1);
  });
  it('names a wait that took too long, and leaves the caller its own wish', async () => {
    const hanging = ((_: string, init: RequestInit) => new Promise((_, reject) => init.signal!.addEventListener('abort', () => reject(init.signal!.reason)))) as typeof fetch;
    const api = new Client<Paths>({ fetch: hanging, pausesMs: [] });
    expect((await caught(api.get('/things/{id}', { path: { id: '1' }, timeoutMs: 5 }))).code).toBe('network.timeout');
    const controller = new AbortController();
    const asked = api.get('/things/{id}', { path: { id: '1' }, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    await expect(wait(60_000, controller.signal)).rejects.toThrow('enough');
  });
});
