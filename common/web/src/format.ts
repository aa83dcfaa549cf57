// How times, sizes and numbers are written for people. Times are those of China, where the clocks of the law run, wherever the browser is.
export type Language = 'zh' | 'en';
const locales: Readonly<Record<Language, string>> = { zh: 'zh-CN', en: 'en-GB' };
const timeZone = 'Asia/Shanghai';

const formatters = new Map<string, Intl.DateTimeFormat>();
function formatter(language: Language, kind: 'date' | 'time' | 'minute'): Intl.DateTimeFormat {
  const key = `${language} ${kind}`;
  let found = formatters.get(key);
  if (!found) {
    const date = { year: 'numeric', month: language === 'zh' ? 'long' : 'short', day: 'numeric' } as const;
    const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(kind === 'time' ? { second: '2-digit' } : {}) };
    found = new Intl.DateTimeFormat(locales[language], { timeZone, ...date, ...(kind === 'date' ? {} : time) });
    formatters.set(key, found);
  }
  return found;
}

export const dayText = (at: number | Date, language: Language): string => formatter(language, 'date').format(at);
export const minuteText = (at: number | Date, language: Language): string => formatter(language, 'minute').format(at);
export const secondText = (at: number | Date, language: Language): string => formatter(language, 'time').format(at);
// An ISO date as it is written; what is none stays as it is.
export const isoDateText = (iso: string, language: Language): string => (/^\d{4}-\d{2}-\d{2}$/.test(iso) ? dayText(new Date(`${iso}T12:00:00+08:00`), language) : iso);

export function bytesText(bytes: number, language: Language): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes, unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${new Intl.NumberFormat(locales[language], { maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 }).format(value)} ${units[unit]}`;
}
export const numberText = (value: number, language: Language): string => new Intl.NumberFormat(locales[language]).format(value);

// Parts of a duration, for texts that name them: at most hours.
export function durationParts(ms: number): { readonly hours: number; readonly minutes: number; readonly seconds: number } {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return { hours: Math.floor(seconds / 3600), minutes: Math.floor((seconds % 3600) / 60), seconds: seconds % 60 };
}
