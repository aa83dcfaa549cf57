// Chinese first. The other language is loaded when somebody asks for it.
import { computed } from 'vue';
import { createI18n } from 'vue-i18n';
import elementZh from 'element-plus/es/locale/lang/zh-cn';
import { type Messages, zh } from './zh.ts';

export type Language = 'zh' | 'en';
const storageKey = 'jindu.language';

export const i18n = createI18n({ legacy: false, locale: 'zh', fallbackLocale: 'zh', messages: { zh } as Record<string, Messages>, missingWarn: false, fallbackWarn: false });
const elementLocales: Record<string, typeof elementZh> = { zh: elementZh };
export const elementLocale = computed(() => elementLocales[i18n.global.locale.value] ?? elementZh);

export async function setLanguage(language: Language): Promise<void> {
  // At once: who chooses and goes on before it is loaded has chosen all the same.
  localStorage.setItem(storageKey, language);
  if (language === 'en' && !elementLocales['en']) {
    const [own, element] = await Promise.all([import('./en.ts'), import('element-plus/es/locale/lang/en')]);
    i18n.global.setLocaleMessage('en', own.en);
    elementLocales['en'] = element.default as typeof elementZh;
  }
  i18n.global.locale.value = language;
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
}

export const restoreLanguage = (): Promise<void> => setLanguage(localStorage.getItem(storageKey) === 'en' ? 'en' : 'zh');
