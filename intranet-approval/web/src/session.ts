// Who works here: asked once at the start, and again when an interrupted connection is back.
import { computed, shallowRef } from 'vue';
import { type Me, service, shutOut } from './service.ts';

const current = shallowRef<Me>();
// How far this computer's clock is from the office's, so that ages are told by one clock.
const clockAhead = shallowRef(0);

export const me = computed(() => current.value);
export const isEditor = computed(() => current.value?.roles.includes('catalogue_editor') ?? false);
export const officeNow = (): number => Date.now() - clockAhead.value;

export async function enter(): Promise<void> {
  const answer = await service.get('/api/v1/me');
  clockAhead.value = Date.now() - answer.server_time;
  shutOut.value = undefined;
  current.value = answer;
}
