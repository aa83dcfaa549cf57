// Asks a service by the API it describes: paths, parameters, bodies and answers are those of its OpenAPI document (build/web/api). What goes wrong is always a
// Problem with a code to translate. What may safely be asked again is asked again by itself, with growing pauses, for as long as only the way there is broken.
import { JinduError } from './errors.ts';

// An answer that is no answer: problem+json of the service, or the network's silence (status 0; codes network.offline, network.unreachable, network.timeout).
export class Problem extends JinduError {
  constructor(
    readonly status: number,
    code: string,
    detail: string,
    field?: string,
    readonly requestId?: string,
    // Members of the problem document beyond the common ones, such as `received` or `findings`.
    readonly more: Readonly<Record<string, unknown>> = {},
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(code, detail, field, options);
  }
  // Whether the request did not get through, so that nobody said no to it.
  get isSilence(): boolean {
    return this.status === 0 || [502, 503, 504].includes(this.status);
  }
}

type Method = 'get' | 'post' | 'put' | 'delete';
type PathsWith<Paths, M extends Method> = { [P in keyof Paths]: Paths[P] extends Record<M, { responses: unknown }> ? P : never }[keyof Paths];
type Operation<Paths, P extends keyof Paths, M extends Method> = Paths[P] extends Record<M, infer O> ? O : never;
type Part<O, Name extends string> = O extends { parameters: { [_ in Name]: infer T } } ? T : never;
type JsonBody<O> = O extends { requestBody: { content: { 'application/json': infer T } } } ? T : never;
type Good = 200 | 201 | 202 | 203 | 204;
type Content<R> = R extends { content: { 'application/json': infer T } } ? T : undefined;
export type Answer<O> = O extends { responses: infer R } ? { [S in keyof R]: S extends Good ? Content<R[S]> : never }[keyof R] : never;

type WhenNever<T, Then, Else> = [T] extends [never] ? Then : Else;
interface Manner {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  // Whether asking twice is as good as asking once. GET, PUT and DELETE are taken to be so; POST is not.
  readonly repeatable?: boolean;
}
export type Ask<O> = Manner
  & WhenNever<Part<O, 'path'>, { readonly path?: undefined }, { readonly path: Part<O, 'path'> }>
  & { readonly query?: O extends { parameters: { query?: infer Q } } ? Q : undefined }
  & WhenNever<JsonBody<O>, { readonly json?: undefined }, { readonly json: JsonBody<O> }>
  & { readonly bytes?: Uint8Array<ArrayBuffer> | Blob };
// The options may be left out where none is demanded.
type Options<O> = object extends Ask<O> ? [options?: Ask<O>] : [options: Ask<O>];

export interface ClientSettings {
  readonly base?: string;
  // For every request: what a session needs.
  readonly headers?: () => Readonly<Record<string, string>>;
  // Told of every failure before it is thrown, so that one place can notice the end of a session.
  readonly onProblem?: (problem: Problem) => void;
  // Told when requests begin to wait for the network, and when one came through again.
  readonly onReach?: (reachable: boolean) => void;
  readonly fetch?: typeof globalThis.fetch;
  readonly pausesMs?: readonly number[];
}

const defaultTimeoutMs = 30_000;
const defaultPausesMs = [300, 1_000, 3_000];

export class Client<Paths> {
  constructor(private readonly settings: ClientSettings = {}) {}

  get<P extends PathsWith<Paths, 'get'>>(path: P, ...[options]: Options<Operation<Paths, P, 'get'>>): Promise<Answer<Operation<Paths, P, 'get'>>> {
    return this.json('get', path, options) as never;
  }
  post<P extends PathsWith<Paths, 'post'>>(path: P, ...[options]: Options<Operation<Paths, P, 'post'>>): Promise<Answer<Operation<Paths, P, 'post'>>> {
    return this.json('post', path, options) as never;
  }
  put<P extends PathsWith<Paths, 'put'>>(path: P, ...[options]: Options<Operation<Paths, P, 'put'>>): Promise<Answer<Operation<Paths, P, 'put'>>> {
    return this.json('put', path, options) as never;
  }
  delete<P extends PathsWith<Paths, 'delete'>>(path: P, ...[options]: Options<Operation<Paths, P, 'delete'>>): Promise<Answer<Operation<Paths, P, 'delete'>>> {
    return this.json('delete', path, options) as never;
  }
  // For answers that are not JSON.
  async bytes<P extends PathsWith<Paths, 'get'>>(path: P, ...[options]: Options<Operation<Paths, P, 'get'>>): Promise<Uint8Array<ArrayBuffer>> {
    return this.ask('get', path as string, options as never, async (response) => new Uint8Array(await response.arrayBuffer()));
  }
  // The address of a path, for links.
  address<P extends PathsWith<Paths, 'get'>>(path: P, ...[options]: Options<Operation<Paths, P, 'get'>>): string {
    return this.url(path as string, options as never);
  }

  private json(method: Method, path: keyof Paths, options: unknown): Promise<unknown> {
    return this.ask(method, path as string, options as LooseAsk | undefined, async (response) => {
      const text = await response.text();
      return text === '' ? undefined : JSON.parse(text);
    });
  }

  private url(path: string, options: LooseAsk = {}): string {
    const filled = path.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(String(options.path?.[name] ?? '')));
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(options.query ?? {}))
      if (value !== undefined && value !== null && value !== '') for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
    return `${this.settings.base ?? ''}${filled}${query.size ? `?${query}` : ''}`;
  }

  private async ask<T>(method: Method, path: string, options: LooseAsk = {}, read: (response: Response) => Promise<T>): Promise<T> {
    const pauses = (options.repeatable ?? method !== 'post') ? (this.settings.pausesMs ?? defaultPausesMs) : [];
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await this.once(method, path, options, read);
        this.settings.onReach?.(true);
        return answer;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.isSilence) this.settings.onReach?.(false);
        const pause = pauses[attempt];
        if (error.isSilence && pause !== undefined) {
          await wait(Math.max(pause, Math.min(error.retryAfterMs ?? 0, 10_000)), options.signal);
          continue;
        }
        this.settings.onProblem?.(error);
        throw error;
      }
    }
  }

  private async once<T>(method: Method, path: string, options: LooseAsk, read: (response: Response) => Promise<T>): Promise<T> {
    const deadline = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
    const body = options.json !== undefined ? JSON.stringify(options.json) : options.bytes;
    const type: Record<string, string> = options.json !== undefined ? { 'Content-Type': 'application/json' } : options.bytes ? { 'Content-Type': 'application/octet-stream' } : {};
    try {
      const response = await (this.settings.fetch ?? globalThis.fetch)(this.url(path, options), {
        method: method.toUpperCase(),
        headers: { Accept: 'application/json, application/problem+json, */*', 'X-Requested-With': 'jindu', ...type, ...this.settings.headers?.(), ...options.headers },
        ...(body === undefined ? {} : { body }),
        credentials: 'same-origin',
        cache: 'no-cache',
        signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
      });
      if (!response.ok) throw await problemOf(response);
      return await read(response);
    } catch (error) {
      // The caller's own wish is no problem.
      if (error instanceof Problem || options.signal?.aborted) throw error;
      throw silence(error);
    }
  }
}

interface LooseAsk extends Manner {
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly json?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer> | Blob;
}

async function problemOf(response: Response): Promise<Problem> {
  const seconds = Number(response.headers.get('Retry-After') ?? NaN);
  const after = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  let document: Record<string, unknown> = {};
  // Something in between may answer in its own way.
  if (/^application\/problem\+json\b/.test(response.headers.get('Content-Type') ?? '')) document = await response.json().catch(() => ({}));
  const { code = `http.${response.status}`, detail, title, field, request_id, type: _, status: __, ...more } = document;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return new Problem(response.status, String(code), text(detail) ?? text(title) ?? response.statusText, text(field), text(request_id), more, after);
}

function silence(cause: unknown): Problem {
  const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError';
  const offline = globalThis.navigator?.onLine === false;
  const code = offline ? 'network.offline' : timedOut ? 'network.timeout' : 'network.unreachable';
  return new Problem(0, code, String((cause as Error)?.message ?? cause), undefined, undefined, {}, undefined, { cause });
}

// Ends early, with its reason, when `signal` does; and at once when the browser is online again.
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = (finish: () => void) => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', online);
      signal?.removeEventListener('abort', aborted);
      finish();
    };
    const online = () => end(resolve);
    const aborted = () => end(() => reject(signal!.reason));
    const timer = setTimeout(() => end(resolve), ms);
    globalThis.addEventListener?.('online', online);
    signal?.addEventListener('abort', aborted);
  });
}
