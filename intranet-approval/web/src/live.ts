// News of the service, by server-sent events. Each answer ends after what is new, and EventSource asks again by itself: a pause is normal, silence is not.
import { onScopeDispose, readonly, ref } from 'vue';

export interface CaseNews {
  readonly case_id: string;
  readonly sequence: number;
  readonly status: string;
  readonly stage: string;
}
type Listener = (news: CaseNews) => void;

const silenceMsMax = 20_000;
const retryMs = 10_000;

const heard = ref(false);
const listeners = new Set<Listener>();
const catalogueListeners = new Set<() => void>();
let source: EventSource | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;

export const isLive = readonly(heard);

function hear(): void {
  heard.value = true;
  clearTimeout(silence);
  silence = setTimeout(() => (heard.value = false), silenceMsMax);
}

export function listen(): void {
  source?.close();
  source = new EventSource('/api/v1/live');
  source.onopen = hear;
  source.onerror = () => {
    // A refusal ends the stream for good; the service may have been restarting.
    if (source?.readyState === EventSource.CLOSED) {
      heard.value = false;
      setTimeout(listen, retryMs);
    }
  };
  source.addEventListener('case', (event) => {
    const news = JSON.parse((event as MessageEvent<string>).data) as CaseNews;
    for (const listener of listeners) listener(news);
  });
  source.addEventListener('catalogue', () => {
    for (const listener of catalogueListeners) listener();
  });
}

export function onCaseNews(listener: Listener): void {
  listeners.add(listener);
  onScopeDispose(() => listeners.delete(listener));
}
export function onCatalogueNews(listener: () => void): void {
  catalogueListeners.add(listener);
  onScopeDispose(() => catalogueListeners.delete(listener));
}
