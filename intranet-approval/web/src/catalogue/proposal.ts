// A catalogue on its way to be published: read, checked by the service, compared with what is in force, signed.
import { type Bytes, base64, textOf, utf8 } from '@common/bytes.ts';
import type { Json } from '@common/forms.ts';
import { computed, ref, shallowRef } from 'vue';
import { signWithKey } from '../keyring.ts';
import { type CatalogueCheck, type CatalogueSummary, service } from '../service.ts';
import { differences, unraisedVersions } from './difference.ts';

const bytesMax = 12 * 1024 * 1024; // as the service takes

// JSON that a program cannot read: where, as engines say it.
function placeOf(text: string, message: string): number {
  const line = /line (\d+)/.exec(message);
  if (line) return Number(line[1]);
  const position = /position (\d+)/.exec(message);
  return position ? text.slice(0, Number(position[1])).split('\n').length : text.split('\n').length;
}

export function useProposal() {
  const name = ref('');
  const bytes = shallowRef<Bytes>();
  const text = shallowRef('');
  const proposed = shallowRef<Json>();
  const inForce = shallowRef<Json>();
  const check = shallowRef<CatalogueCheck>();
  const syntax = shallowRef<{ line: number; message: string }>();
  const error = shallowRef<unknown>();
  const busy = ref(false);
  const published = shallowRef<CatalogueSummary>();

  const changes = computed(() => (proposed.value !== undefined && inForce.value !== undefined && check.value?.valid ? differences(inForce.value, proposed.value) : []));
  const serialInForce = computed(() => Number((inForce.value as { serial?: number } | undefined)?.serial ?? 0));
  const serial = computed(() => check.value?.serial ?? 0);
  const blockers = computed(() => {
    if (!check.value?.valid) return [];
    const found: { code: 'serial' | 'version'; id?: string; version?: number }[] = [];
    if (serial.value <= serialInForce.value) found.push({ code: 'serial' });
    for (const item of unraisedVersions(inForce.value ?? {}, proposed.value ?? {})) found.push({ code: 'version', ...item });
    return found;
  });
  const ready = computed(() => check.value?.valid === true && blockers.value.length === 0);

  function clear(): void {
    name.value = text.value = '';
    bytes.value = proposed.value = check.value = syntax.value = error.value = undefined;
  }

  async function take(file: Blob & { name?: string }): Promise<void> {
    clear();
    published.value = undefined;
    busy.value = true;
    name.value = file.name ?? '';
    try {
      if (file.size > bytesMax) {
        syntax.value = { line: 1, message: 'too large' };
        return;
      }
      bytes.value = new Uint8Array(await file.arrayBuffer());
      text.value = textOf(bytes.value);
      try {
        proposed.value = JSON.parse(text.value) as Json;
      } catch (failure) {
        const message = (failure as Error).message;
        syntax.value = { line: placeOf(text.value, message), message };
        return;
      }
      // The very bytes are checked, so that lines and signature are about the same document.
      const raw = { bytes: bytes.value, headers: { 'Content-Type': 'application/json' }, repeatable: true };
      const [checked, active] = await Promise.all([service.post('/api/v1/catalogue/check', raw as never), service.get('/api/v1/catalogue/release').catch(noneYet)]);
      check.value = checked;
      inForce.value = active as Json;
    } catch (failure) {
      error.value = failure;
    } finally {
      busy.value = false;
    }
  }

  async function publish(): Promise<void> {
    if (!bytes.value || busy.value) return;
    busy.value = true;
    error.value = undefined;
    try {
      const signature = await signWithKey(bytes.value);
      const done = await service.post('/api/v1/catalogue/publish', { json: { catalogue: base64(bytes.value), signature: base64(signature) }, repeatable: true, timeoutMs: 120_000 });
      clear();
      published.value = done;
    } catch (failure) {
      error.value = failure;
    } finally {
      busy.value = false;
    }
  }

  return { name, text, check, syntax, error, busy, changes, serial, serialInForce, blockers, ready, published, proposed, inForce, take, takeText: (typed: string) => take(new Blob([utf8(typed)])), publish, clear };
}

// Before the first release everything is new.
function noneYet(error: unknown): Json {
  if ((error as { code?: string }).code === 'catalogue.none') return {};
  throw error;
}
