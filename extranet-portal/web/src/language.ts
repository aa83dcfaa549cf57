// Chinese first, English second; texts only in language/ and in the shared ones. Chinese is there from the start, English is fetched when it is asked for.
import { zh as sharedZh } from '@common/language/zh.ts';
import type { Language } from '@common/format.ts';
import type { Text } from '@common/form-model.ts';
import { computed, type Plugin } from 'vue';
import { createI18n } from 'vue-i18n';
import { zh } from './language/zh.ts';

export const languages = ['zh', 'en'] as const;
const tags: Readonly<Record<Language, string>> = { zh: 'zh-CN', en: 'en' };

// Both have findings.
const together = (shared: { readonly findings: object }, own: { readonly findings: object }): object => ({ ...shared, ...own, findings: { ...shared.findings, ...own.findings } });

// Its types would follow every key through every language; these are the ones that are used outside of components.
interface Global {
  locale: { value: string };
  readonly availableLocales: string[];
  setLocaleMessage(language: string, messages: object): void;
  t(key: string, values?: object): string;
  te(key: string, language?: string): boolean;
  tm(key: string): unknown;
}
const plugin = createI18n({ legacy: false, locale: 'zh', fallbackLocale: 'zh', messages: { zh: together(sharedZh, zh) as never } });
export const i18n = plugin as unknown as Plugin & { readonly global: Global };
export const language = computed(() => i18n.global.locale.value as Language);

// What the catalogue and the intranet say in both languages.
export const inLanguage = (text: Text | undefined): string => (text ? text[language.value] || text.zh : '');

const place = 'jindu.language';
function remembered(): Language {
  try {
    const kept = localStorage.getItem(place);
    if (kept === 'zh' || kept === 'en') return kept;
  } catch {
    // Storage may be forbidden; then the browser's own language counts.
  }
  return navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag))?.toLowerCase().startsWith('en') ? 'en' : 'zh';
}

export async function speak(wanted: Language = remembered(), remember = false): Promise<void> {
  // At once: who chooses and goes on before it is loaded has chosen all the same.
  if (remember) keep(wanted);
  if (wanted === 'en' && !i18n.global.availableLocales.includes('en')) {
    const [{ en: shared }, { en: own }] = await Promise.all([import('@common/language/en.ts'), import('./language/en.ts')]);
    i18n.global.setLocaleMessage('en', together(shared, own));
  }
  i18n.global.locale.value = wanted;
  document.documentElement.lang = tags[wanted];
}
function keep(wanted: Language): void {
  try {
    localStorage.setItem(place, wanted);
  } catch {
    // Then it is asked for again next time.
  }
}
