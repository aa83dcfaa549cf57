// A portal in memory for these tests, where the network would be: it keeps drafts and uploads by the rules of extranet-portal/api/openapi.json, and fails when told to.
import { hex, plain, sha256 } from '@common/bytes.ts';
import { vi } from 'vitest';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly offset: number;
}
type Failure = 'never arrives' | 'answer is lost' | 'session has ended' | 'token is another' | 'busy';
export interface Held {
  reached: boolean;
  letGo: () => void;
  gone: Promise<void>;
}
interface KeptUpload {
  readonly size: number;
  bytes: Uint8Array;
}

const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status, headers: { 'Content-Type': 'application/json' } });
const problem = (status: number, code: string, more: object = {}): Response =>
  new Response(JSON.stringify({ type: `urn:jindu:problem:${code}`, title: code, status, code, ...more }), { status, headers: { 'Content-Type': 'application/problem+json' } });

export class MemoryPortal {
  readonly drafts = new Map<string, { version: number; item_id: string; sealed: string }>();
  readonly uploads = new Map<string, KeptUpload>();
  readonly asked: Asked[] = [];
  // Whose session the browser's cookie names.
  session: object = { authenticated: false };
  private failures: { readonly matches: (asked: Asked) => boolean; readonly failure: Failure }[] = [];

  constructor() {
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => this.answer(url, init));
  }

  // The next request that matches fails so, once.
  failOnce(failure: Failure, matches: (asked: Asked) => boolean): void {
    this.failures.push({ matches, failure });
  }
  // The next request that matches waits on its way until it is let go, or its page gives up.
  hold(matches: (asked: Asked) => boolean): Held {
    const held: Held & { matches: typeof matches } = { matches, reached: false, letGo: () => undefined, gone: Promise.resolve() };
    held.gone = new Promise((resolve) => (held.letGo = resolve));
    this.held.push(held);
    return held;
  }
  private held: (Held & { readonly matches: (asked: Asked) => boolean })[] = [];
  private async wayOf(asked: Asked, signal: AbortSignal | null | undefined): Promise<void> {
    const at = this.held.findIndex(({ matches }) => matches(asked));
    if (at < 0) return;
    const [held] = this.held.splice(at, 1);
    held!.reached = true;
    await Promise.race([held!.gone, new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))]);
  }
  private failureOf(asked: Asked): Failure | undefined {
    const at = this.failures.findIndex(({ matches }) => matches(asked));
    return at < 0 ? undefined : this.failures.splice(at, 1)[0]!.failure;
  }

  private async answer(address: string, init: RequestInit): Promise<Response> {
    const url = new URL(address, 'https://portal');
    const asked = { method: init.method!, path: url.pathname, offset: Number(url.searchParams.get('offset') ?? -1) };
    this.asked.push(asked);
    const failure = this.failureOf(asked);
    init.signal?.throwIfAborted();
    await this.wayOf(asked, init.signal);
    if (failure === 'never arrives') throw new TypeError('Failed to fetch');
    if (failure === 'session has ended') return problem(401, 'session.required');
    if (failure === 'token is another') return problem(403, 'session.csrf');
    if (failure === 'busy') return problem(503, 'http.busy');
    const answer = await this.serve(asked, init);
    init.signal?.throwIfAborted();
    if (failure === 'answer is lost') throw new TypeError('Failed to fetch');
    return answer;
  }

  private serve(asked: Asked, init: RequestInit): Response | Promise<Response> {
    const [, , , kind, id, , upload] = asked.path.split('/');
    if (kind === 'session') return json(this.session);
    if (kind === 'drafts') return this.draft(asked.method, id!, init);
    if (kind === 'declarations') return this.upload(asked, upload, init);
    return problem(404, 'http.not_found');
  }

  private draft(method: string, id: string, init: RequestInit): Response {
    const there = this.drafts.get(id);
    if (method === 'GET') return there ? json({ declaration_id: id, updated_at: 1, ...there }) : problem(404, 'draft.unknown');
    const expected = (init.headers as Record<string, string>)['If-Match'];
    if (expected !== `"${there?.version ?? 0}"`) return problem(409, 'draft.version');
    const { item_id, sealed } = JSON.parse(init.body as string) as { item_id: string; sealed: string };
    const next = { version: (there?.version ?? 0) + 1, item_id, sealed };
    this.drafts.set(id, next);
    return json({ declaration_id: id, updated_at: 1, size: sealed.length, ...next });
  }

  private async upload({ method, offset }: Asked, id: string | undefined, init: RequestInit): Promise<Response> {
    if (method === 'POST') {
      const { upload_id, sealed_size } = JSON.parse(init.body as string) as { upload_id: string; sealed_size: number };
      const there = this.uploads.get(upload_id);
      if (there && there.size !== sealed_size) return problem(409, 'upload.other_size');
      if (!there) this.uploads.set(upload_id, { size: sealed_size, bytes: new Uint8Array(0) });
      return this.standing(upload_id);
    }
    const there = this.uploads.get(id!);
    if (!there) return problem(404, 'upload.unknown');
    if (method === 'DELETE') {
      this.uploads.delete(id!);
      return new Response(null, { status: 204 });
    }
    if (method === 'PUT') {
      if (offset !== there.bytes.length) return problem(409, 'upload.offset', { received: there.bytes.length });
      const more = init.body as Uint8Array;
      const all = new Uint8Array(there.bytes.length + more.length);
      all.set(there.bytes);
      all.set(more, there.bytes.length);
      there.bytes = all;
    }
    return this.standing(id!);
  }
  private async standing(id: string): Promise<Response> {
    const { size, bytes } = this.uploads.get(id)!;
    const complete = bytes.length === size;
    return json({ upload_id: id, sealed_size: size, received: bytes.length, complete, ...(complete ? { sealed_sha256: hex(await sha256(plain(bytes))) } : {}) });
  }
}

// What a browser has and these tests' runtime has not: storage that outlives a page.
export class MemoryStorage {
  readonly kept = new Map<string, string>();
  full = false;
  getItem = (name: string): string | null => this.kept.get(name) ?? null;
  setItem = (name: string, value: string): void => {
    if (this.full) throw new DOMException('no room', 'QuotaExceededError');
    this.kept.set(name, value);
  };
  removeItem = (name: string): void => void this.kept.delete(name);
}

// A worker whose code runs in this thread: the code itself is that of the pages.
export async function workersHere(): Promise<void> {
  const scope = globalThis as unknown as { onmessage?: ((event: { data: unknown }) => void) | null; postMessage?: (message: unknown) => void };
  await import('@common/seal-worker.ts');
  const work = scope.onmessage!;
  class WorkerHere {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onerror: unknown = null;
    constructor() {
      scope.postMessage = (data) => this.onmessage?.({ data });
    }
    postMessage(data: unknown): void {
      work({ data });
    }
    terminate(): void {
      this.onmessage = null;
    }
  }
  vi.stubGlobal('Worker', WorkerHere);
}

// With the clock of `vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })`: lets pauses pass at once, and real work be done, until it is so.
export async function come(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`it never came to this: ${what}`);
    await new Promise((resume) => setImmediate(resume));
    await vi.advanceTimersByTimeAsync(50);
  }
}
// Everything that was to come of it has come: nothing happens for as long as the longest pause of a page.
export async function rest(ms = 20_000): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    await new Promise((resume) => setImmediate(resume));
    await vi.advanceTimersByTimeAsync(500);
  }
}
