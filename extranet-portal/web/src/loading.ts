// Something that a page fetches: what came, what went wrong, and trying again.
import { onUnmounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue';

export interface Loading<T> {
  readonly value: ShallowRef<T | undefined>;
  readonly error: ShallowRef<unknown>;
  readonly busy: Ref<boolean>;
  load(): Promise<void>;
}

// An answer that was overtaken by a later question, or by leaving the page, is dropped.
export function useLoading<T>(fetch: (signal: AbortSignal) => Promise<T>): Loading<T> {
  const value = shallowRef<T>(), error = shallowRef<unknown>(), busy = ref(false);
  let controller: AbortController | undefined;
  onUnmounted(() => controller?.abort());
  async function load(): Promise<void> {
    controller?.abort();
    const mine = (controller = new AbortController());
    busy.value = true;
    try {
      const answer = await fetch(mine.signal);
      if (mine.signal.aborted) return;
      value.value = answer;
      error.value = undefined;
    } catch (problem) {
      if (!mine.signal.aborted) error.value = problem;
    } finally {
      if (controller === mine) busy.value = false;
    }
  }
  return { value, error, busy, load };
}
