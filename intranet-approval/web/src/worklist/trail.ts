// The list somebody came from, so that the next case is one key away.
import { ref } from 'vue';
import type { LocationQueryRaw } from 'vue-router';

export const trail = ref<{ readonly ids: readonly string[]; readonly query: LocationQueryRaw }>({ ids: [], query: {} });

export function neighboursOf(id: string): { at: number; of: number; previous: string | undefined; next: string | undefined } {
  const { ids } = trail.value;
  const at = ids.indexOf(id);
  return { at, of: ids.length, previous: at > 0 ? ids[at - 1] : undefined, next: at >= 0 ? ids[at + 1] : undefined };
}
