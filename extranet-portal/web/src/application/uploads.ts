// Uploads of materials: sealed in a worker, sent in parts, and gone on with where they stopped, whether the connection, the session or the page was lost.
import { Problem, wait } from '@common/api.ts';
import { base64, type Bytes, concat, fromBase64, hex, sha256, utf8 } from '@common/bytes.ts';
import { JinduError } from '@common/errors.ts';
import { materialBinding } from '@common/material.ts';
import { newFileKey, newSalt } from '@common/seal.ts';
import { type SealSource, sealInWorker } from '@common/seal-client.ts';
import { reactive } from 'vue';
import { api } from '../service.ts';
import { regainSession } from '../session.ts';
import type { DraftMaterial } from './draft.ts';

export type UploadState = 'waiting' | 'running' | 'offline' | 'paused' | 'failed' | 'done' | 'needs-file';
export interface UploadStatus {
  state: UploadState;
  sent: number; // sealed bytes that are on the portal's disk
  total: number;
  rate: number; // bytes a second, of late
  problem: unknown;
}

const partMin = 256 * 1024, partMax = 8 * 1024 * 1024, partAimMs = 1_500;
const pausesMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

// A new file must never be sealed under the key of another, so an upload goes on only with the very file it began with: same size, same time of change, and the same
// bytes at its ends and at places in between. That all of it was the same is seen in the end, when both sides compare digests.
const sampleBytes = 256 * 1024, samples = 12;
export async function fingerprintOf(file: File): Promise<string> {
  const parts: Bytes[] = [utf8(`${file.size} ${file.lastModified}`)];
  const step = Math.max(sampleBytes, Math.floor((file.size - sampleBytes) / (samples - 1)));
  for (let at = 0, i = 0; i < samples && at < file.size; i++, at += step) parts.push(new Uint8Array(await file.slice(at, at + sampleBytes).arrayBuffer()));
  return hex(await sha256(concat(...parts)));
}

export async function newMaterial(code: string, file: File, mediaType: string): Promise<DraftMaterial> {
  return {
    code, upload_id: crypto.randomUUID(), file_name: file.name.slice(-255), media_type: mediaType, size: file.size,
    file_key: base64(newFileKey()), salt: base64(newSalt()), fingerprint: await fingerprintOf(file), sealed_size: 0,
  };
}

// Uploads run one after the other, so that each is as quick as can be and the first are ready first.
let line: Promise<unknown> = Promise.resolve();

export class Upload {
  readonly status: UploadStatus;
  private file: File | undefined;
  private controller: AbortController | undefined;

  constructor(
    private readonly declaration: string,
    public material: DraftMaterial,
    private readonly changed: (material: DraftMaterial) => void,
    file?: File,
  ) {
    this.file = file;
    const done = !!material.sealed_sha256;
    this.status = reactive<UploadStatus>({ state: done ? 'done' : file ? 'waiting' : 'needs-file', sent: done ? material.sealed_size : 0, total: material.sealed_size || material.size, rate: 0, problem: undefined });
    if (file && !done) this.start();
  }

  start(): void {
    if (!this.file || this.controller) return;
    const mine = (this.controller = new AbortController());
    this.status.state = 'waiting';
    this.status.problem = undefined;
    line = line.then(() => this.work(mine.signal), () => this.work(mine.signal)).finally(() => {
      if (this.controller === mine) this.controller = undefined;
    });
  }
  pause(): void {
    this.status.state = 'paused';
    this.stop();
  }
  private stop(): void {
    this.controller?.abort(new DOMException('paused', 'AbortError'));
    this.controller = undefined;
  }
  resume(): void {
    this.start();
  }
  // After the page was loaded anew, the browser no longer has the file: the person gives it again. False when it is another one.
  async resumeWith(file: File): Promise<boolean> {
    if (file.size !== this.material.size || (await fingerprintOf(file)) !== this.material.fingerprint) return false;
    this.file = file;
    this.start();
    return true;
  }
  async remove(): Promise<void> {
    this.stop();
    if (this.material.earlier) return;
    await api.delete('/api/v1/declarations/{declaration_id}/uploads/{upload_id}', { path: this.path }).catch((error: unknown) => {
      if (!(error instanceof Problem) || !['upload.unknown', 'upload.used'].includes(error.code)) throw error;
    });
  }
  private get path() {
    return { declaration_id: this.declaration, upload_id: this.material.upload_id };
  }

  private async work(signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.file) return;
    let source: SealSource | undefined;
    try {
      this.status.state = 'running';
      source = await sealInWorker(this.file, materialBinding(this.declaration, this.material.upload_id), { fileKey: fromBase64(this.material.file_key), salt: fromBase64(this.material.salt) });
      this.status.total = source.size;
      if (this.material.sealed_size !== source.size) this.change({ sealed_size: source.size });
      const begun = await this.persist(signal, () => api.post('/api/v1/declarations/{declaration_id}/uploads', {
        path: { declaration_id: this.declaration }, json: { upload_id: this.material.upload_id, sealed_size: source!.size }, signal,
      }));
      await this.send(source, begun.received, signal);
      await this.compare(source, signal);
      this.status.state = 'done';
    } catch (error) {
      // `signal` only, since a pause has said already how it stands.
      if (!signal.aborted) Object.assign(this.status, { state: 'failed', problem: error });
    } finally {
      await source?.end().catch(() => undefined);
    }
  }
  private change(part: Partial<DraftMaterial>): void {
    this.material = { ...this.material, ...part };
    this.changed(this.material);
  }

  private async send(source: SealSource, from: number, signal: AbortSignal): Promise<void> {
    let received = from, size = partMin;
    this.status.sent = received;
    // The next part is sealed while this one travels.
    let next: { offset: number; bytes: Promise<Bytes> } | undefined;
    const sealed = (offset: number): Promise<Bytes> => {
      const bytes = next?.offset === offset ? next.bytes : source.range(offset, size);
      next = undefined;
      return bytes;
    };
    while (received < source.size) {
      signal.throwIfAborted();
      const bytes = await sealed(received);
      const following = received + bytes.length;
      const took = performance.now();
      const answer = this.persist(signal, () => api.put('/api/v1/declarations/{declaration_id}/uploads/{upload_id}', {
        path: this.path, query: { offset: received }, bytes, signal, repeatable: false, timeoutMs: 180_000,
      }), received);
      if (following < source.size) {
        next = { offset: following, bytes: source.range(following, size) };
        next.bytes.catch(() => undefined);
      }
      const before = received;
      received = (await answer).received;
      const ms = Math.max(1, performance.now() - took);
      if (received > before) this.status.rate = this.status.rate ? this.status.rate * 0.7 + ((received - before) / ms) * 300 : ((received - before) / ms) * 1000;
      size = Math.min(partMax, Math.max(partMin, Math.round(size * Math.min(2, Math.max(0.5, partAimMs / ms)))));
      this.status.sent = received;
    }
  }

  // What both sides have is the same, or the file was changed meanwhile.
  private async compare(source: SealSource, signal: AbortSignal): Promise<void> {
    const [digests, there] = await Promise.all([source.digests(), this.persist(signal, () => api.get('/api/v1/declarations/{declaration_id}/uploads/{upload_id}', { path: this.path, signal }))]);
    if (!there.complete || there.sealed_sha256 !== digests.sealedSha256) throw new JinduError('material.changed', 'the file was changed while it was uploaded', '/materials');
    this.change({ sha256: digests.sha256, sealed_sha256: digests.sealedSha256, sealed_size: digests.sealedSize });
  }

  // Tries for as long as the network is away or the session has ended, and asks where to go on when the portal has got further than its answers did.
  private async persist<T extends { received: number }>(signal: AbortSignal, work: () => Promise<T>, offset?: number): Promise<T> {
    let joined = false;
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await work();
        this.status.state = 'running';
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Problem)) throw error;
        if (error.code === 'upload.offset' && typeof error.more['received'] === 'number' && error.more['received'] !== offset) return { received: error.more['received'] } as T;
        if (await regainSession(error, joined)) {
          joined = error.code === 'session.csrf';
          continue;
        }
        if (!error.isSilence && error.status !== 429) throw error;
        this.status.state = 'offline';
        this.status.rate = 0;
        await wait(Math.max(pausesMs[Math.min(attempt, pausesMs.length - 1)]!, Math.min(error.retryAfterMs ?? 0, 60_000)), signal);
      }
    }
  }
}
