import { onScopeDispose } from 'vue';

// Does something once after a burst of occasions, and never twice at the same time.
export function soonest(work: () => Promise<void>, pauseMs: number): { soon: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let again = false;
  async function run(): Promise<void> {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    again = false;
    try {
      await work();
    } finally {
      busy = false;
      if (again) soon();
    }
  }
  function soon(): void {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), pauseMs);
  }
  onScopeDispose(() => clearTimeout(timer));
  return { soon };
}
