// The page's side of seal-worker.ts. One worker serves a page; it is made when it is first needed.
import type { Bytes } from './bytes.ts';
import { JinduError } from './errors.ts';
import type { DerivedKeys, PasswordParameters } from './keys.ts';
import type { MaterialDigests, MaterialKey } from './material.ts';
import type { Ask, Question, Reply } from './seal-worker.ts';

let worker: Worker | undefined;
let count = 0;
const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();

function started(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL('./seal-worker.ts', import.meta.url), { type: 'module', name: 'seal' });
  worker.onmessage = ({ data }: MessageEvent<Reply>) => {
    const caller = waiting.get(data.id);
    waiting.delete(data.id);
    if ('code' in data) caller?.reject(new JinduError(data.code, data.detail, data.field));
    else caller?.resolve(data.result);
  };
  // It could not be loaded, or ended: what waits fails, and the next question tries again.
  worker.onerror = (event) => {
    event.preventDefault();
    worker?.terminate();
    worker = undefined;
    for (const { reject } of waiting.values()) reject(new JinduError('worker.failed', event.message || 'the worker ended'));
    waiting.clear();
  };
  return worker;
}

function ask<T>(question: Ask): Promise<T> {
  const id = ++count;
  return new Promise<T>((resolve, reject) => {
    const target = started();
    waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
    target.postMessage({ id, ask: question } satisfies Question);
  });
}

// A file that is sealed in the worker: what an upload reads from.
export interface SealSource {
  readonly size: number; // of the whole seal
  range(offset: number, length: number): Promise<Bytes>;
  digests(): Promise<MaterialDigests>;
  end(): Promise<void>;
}

export async function sealInWorker(file: Blob, binding: string, key: MaterialKey): Promise<SealSource> {
  const material = ++count;
  const size = await ask<number>({ task: 'start', material, file, binding, key });
  return {
    size,
    range: (offset, length) => ask<Bytes>({ task: 'range', material, offset, length }),
    digests: () => ask<MaterialDigests>({ task: 'digests', material }),
    end: () => ask<void>({ task: 'end', material }),
  };
}

export const keysOfPasswordInWorker = (password: string, parameters: PasswordParameters): Promise<DerivedKeys> => ask<DerivedKeys>({ task: 'password', password, parameters });
