// Saves a draft by itself a moment after each change, one save at a time, and says how it stands. What cannot be saved now is saved later.
import { Problem } from '@common/api.ts';
import type { Identity } from '@common/identity.ts';
import { reactive } from 'vue';
import { api } from '../service.ts';
import { needKey, withSession } from '../session.ts';
import { type DraftContent, sealDraft } from './draft.ts';
import { forgetLocally, keepLocally } from './local.ts';

export type SavingState = 'none' | 'waiting' | 'saving' | 'saved' | 'local' | 'conflict' | 'failed';
const pauseMs = 1_200, retryMs = 5_000;

export class Saving {
  readonly status = reactive({ state: 'none' as SavingState, at: 0, problem: undefined as unknown });
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private dirty = false;
  private ended = false;

  constructor(
    private readonly declaration: string,
    private readonly account: string,
    private readonly itemId: string,
    private version: number,
    private readonly content: () => DraftContent,
  ) {}

  changed(): void {
    if (this.ended) return;
    this.dirty = true;
    if (this.status.state !== 'conflict') this.status.state = 'waiting';
    this.later(pauseMs);
  }
  // Whether leaving now would lose something.
  get pending(): boolean {
    return this.dirty && !this.ended;
  }
  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.now(), ms);
  }

  // Saves what is not saved; resolves when there is nothing to save any more or it cannot be saved.
  async now(): Promise<void> {
    clearTimeout(this.timer);
    if (this.running) return this.running;
    if (!this.dirty || this.ended || this.status.state === 'conflict') return;
    this.running = this.save().finally(() => (this.running = undefined));
    await this.running;
    if (this.dirty && (this.status.state as SavingState) === 'saved') this.later(pauseMs);
  }

  private async save(): Promise<void> {
    this.dirty = false;
    this.status.state = 'saving';
    let sealed = '';
    try {
      const key: Identity = await needKey();
      sealed = await sealDraft(this.content(), this.account, this.declaration, key);
      if (this.ended) return;
      const saved = await withSession(() => api.put('/api/v1/drafts/{declaration_id}', {
        path: { declaration_id: this.declaration }, headers: { 'If-Match': `"${this.version}"` }, json: { item_id: this.itemId, sealed },
        // Its version tells a repetition apart, and one that was lost on its way back is not a conflict with itself: see `stored`.
        repeatable: false,
      }));
      this.version = saved.version;
      forgetLocally(this.declaration);
      Object.assign(this.status, { state: 'saved', at: Date.now(), problem: undefined });
    } catch (error) {
      this.dirty = true;
      await this.failed(error, sealed);
    }
  }

  private async failed(error: unknown, sealed: string): Promise<void> {
    this.status.problem = error;
    if (error instanceof Problem && error.code === 'draft.version') {
      // The answer to an earlier save may have been lost: then the draft there is the one that was sent.
      if (await this.tookPlace()) {
        this.status.state = 'waiting';
        this.later(0);
        return;
      }
      this.status.state = 'conflict';
      return;
    }
    if (error instanceof Problem && error.isSilence) {
      this.lost = sealed || this.lost;
      this.status.state = sealed && keepLocally(this.declaration, sealed) ? 'local' : 'failed';
      this.later(retryMs);
      return;
    }
    this.status.state = 'failed';
    if (!(error instanceof Problem) || error.status >= 500 || error.status === 429) this.later(retryMs * 2);
  }
  private lost = '';
  private async tookPlace(): Promise<boolean> {
    if (!this.lost) return false;
    const there = await api.get('/api/v1/drafts/{declaration_id}', { path: { declaration_id: this.declaration } }).catch(() => undefined);
    if (!there || there.sealed !== this.lost) return false;
    this.version = there.version;
    this.lost = '';
    return true;
  }

  // Takes the version there as the one that is replaced.
  async overwrite(): Promise<void> {
    const there = await withSession(() => api.get('/api/v1/drafts/{declaration_id}', { path: { declaration_id: this.declaration } }).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'draft.unknown') return undefined;
      throw error;
    }));
    this.version = there?.version ?? 0;
    this.status.state = 'waiting';
    this.dirty = true;
    await this.now();
  }

  // Submitted, deleted or left: nothing is saved any more.
  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }
}
