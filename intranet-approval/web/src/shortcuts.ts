// Keys for all-day work. Single letters can be switched off (WCAG 2.1.4) and never act while somebody types or a dialog is open.
import { onScopeDispose, ref, watch } from 'vue';

export interface Shortcut {
  readonly keys: string; // "j", "Enter", "g w": one key, or two in a row
  readonly label: string; // under shortcuts.<label>
  readonly act: () => void;
}

const storageKey = 'jindu.workbench.shortcuts';
const pauseMsMax = 1_200;

export const shortcutsOn = ref(localStorage.getItem(storageKey) !== 'off');
watch(shortcutsOn, (on) => localStorage.setItem(storageKey, on ? 'on' : 'off'));

const active = ref<Shortcut[]>([]);
export const activeShortcuts = active;
let first = '';
let timer: ReturnType<typeof setTimeout> | undefined;

const writes = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) || target.closest('[role="listbox"], [role="combobox"]') !== null);
// What has a meaning of its own for the Enter key keeps it.
const acts = (target: EventTarget | null): boolean => target instanceof HTMLElement && target.closest('a, button, summary') !== null;

function pressed(event: KeyboardEvent): void {
  if (!shortcutsOn.value || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (writes(event.target) || (event.key === 'Enter' && acts(event.target)) || document.querySelector('[aria-modal="true"]:not([hidden])')?.checkVisibility()) return;
  const pair = first ? `${first} ${event.key}` : '';
  const found = active.value.findLast((one) => one.keys === pair) ?? active.value.findLast((one) => one.keys === event.key);
  clearTimeout(timer);
  first = '';
  if (found) {
    event.preventDefault();
    found.act();
  } else if (active.value.some((one) => one.keys.startsWith(`${event.key} `))) {
    first = event.key;
    timer = setTimeout(() => (first = ''), pauseMsMax);
  }
}
addEventListener('keydown', pressed);

// For as long as the component lives.
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  active.value = [...active.value, ...shortcuts];
  onScopeDispose(() => (active.value = active.value.filter((one) => !shortcuts.includes(one))));
}
