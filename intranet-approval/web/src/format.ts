// How dates, ages and sizes are written. Times are those of the office, whatever this computer's time zone is.
import { useI18n } from 'vue-i18n';
import type { Text } from './service.ts';
import { officeNow } from './session.ts';

const office = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' });

export const dateTime = (ms: number): string => (ms > 0 ? office.format(ms) : '—');
export const dayOf = (ms: number): string => dateTime(ms).slice(0, 10);
export const shortHash = (hex: string): string => `${hex.slice(0, 8)}…${hex.slice(-8)}`;

export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

export function useFormat() {
  const { t, te, locale } = useI18n();
  const text = (both: Text | undefined): string => (both ? (locale.value === 'en' ? both.en || both.zh : both.zh || both.en) : '');
  // The two largest units say enough.
  function duration(ms: number): string {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3600), Math.floor((seconds % 3600) / 60)];
    if (days > 0) return t('duration.days', { days, hours }, days);
    if (hours > 0) return t('duration.hours', { hours, minutes }, hours);
    if (minutes > 0) return t('duration.minutes', { minutes, seconds: seconds % 60 }, minutes);
    return t('duration.seconds', { seconds }, seconds);
  }
  const ago = (ms: number): string => t('duration.ago', { duration: duration(officeNow() - ms) });
  // A weekday helps to feel a date.
  const weekday = (iso: string): string => new Intl.DateTimeFormat(locale.value === 'en' ? 'en' : 'zh-CN', { weekday: 'short', timeZone: 'UTC' }).format(new Date(`${iso}T00:00:00Z`));
  return { t, te, locale, text, duration, ago, weekday };
}
