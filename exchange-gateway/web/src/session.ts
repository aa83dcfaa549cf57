// Who works here, and what the unit says of itself every few seconds.
import { computed, onScopeDispose, ref, shallowRef } from 'vue';
import { type Me, type Overview, service } from './service.ts';

const everyMs = 3_000;
const silenceMsMax = 15_000;

const current = shallowRef<Me>();
const seen = shallowRef<Overview>();
const seenAt = ref(0);
const clockAhead = ref(0);
const tick = ref(Date.now());

export const me = computed(() => current.value);
export const overview = computed(() => seen.value);
export const isOperator = computed(() => current.value?.roles.includes('operator') ?? false);
export const isReleaser = computed(() => current.value?.roles.includes('releaser') ?? false);
export const mayStop = computed(() => isOperator.value || isReleaser.value);
export const isLive = computed(() => tick.value - seenAt.value < silenceMsMax);
// The unit's clock, by which ages are told; it moves once a second.
export const unitNow = computed(() => tick.value - clockAhead.value);

export async function enter(): Promise<void> {
  current.value = await service.get('/api/v1/me');
  await look();
}

export async function look(): Promise<void> {
  const answer = await service.get('/api/v1/overview');
  seen.value = answer;
  seenAt.value = Date.now();
  clockAhead.value = Date.now() - answer.at_ms;
}

// Looks again and again while the page is shown; a failure is told by the missing news.
export function keepLooking(): void {
  const ticking = setInterval(() => (tick.value = Date.now()), 1_000);
  const looking = setInterval(() => {
    if (document.visibilityState === 'visible') look().catch(() => undefined);
  }, everyMs);
  onScopeDispose(() => {
    clearInterval(ticking);
    clearInterval(looking);
  });
}

// Runs `work` now and every few seconds as long as the component lives and the page is shown.
export function useRepeated(work: () => Promise<void>): void {
  let running = false;
  const once = (): void => {
    if (running || document.visibilityState !== 'visible') return;
    running = true;
    work().catch(() => undefined).finally(() => (running = false));
  };
  once();
  const timer = setInterval(once, everyMs);
  onScopeDispose(() => clearInterval(timer));
}
