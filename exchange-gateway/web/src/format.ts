// How times, ages and sizes are written in the console.
import { bytesText, type Language, numberText, secondText } from '@common/format.ts';
import { useI18n } from 'vue-i18n';
import { unitNow } from './session.ts';

export function useFormat() {
  const { t, te, locale } = useI18n();
  const language = (): Language => (locale.value === 'en' ? 'en' : 'zh');
  const time = (ms: number): string => (ms > 0 ? secondText(ms, language()) : '—');
  const size = (bytes: number): string => bytesText(bytes, language());
  const count = (value: number): string => numberText(value, language());
  // One unit says enough of an age.
  function duration(ms: number): string {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    if (seconds >= 2 * 86_400) return t('duration.days', { n: Math.floor(seconds / 86_400) });
    if (seconds >= 2 * 3600) return t('duration.hours', { n: Math.floor(seconds / 3600) });
    if (seconds >= 120) return t('duration.minutes', { n: Math.floor(seconds / 60) });
    return t('duration.seconds', { n: seconds });
  }
  const age = (since: number): string => (since > 0 ? duration(unitNow.value - since) : '—');
  const ago = (since: number): string => (since > 0 ? t('duration.ago', { age: age(since) }) : t('duration.never'));
  const state = (word: string): string => (te(`state.${word}`) ? t(`state.${word}`) : word);
  const kind = (word: string): string => (te(`kind.${word}`) ? t(`kind.${word}`) : word);
  const node = (word: string): string => (te(`node.${word}`) ? t(`node.${word}`) : word);
  const channel = (name: string): string => name.split('>').map(node).join(' → ');
  // Reasons have stable codes; the family says something where the code is not known.
  function reason(code: string): string {
    if (code === '') return '';
    const [family, rest] = [code.split('.')[0]!, code.split('.').slice(1).join('_')];
    return te(`reason.${family}_${rest}`) ? t(`reason.${family}_${rest}`) : code;
  }
  // The same in a sentence that one can act by.
  function why(code: string): string {
    const family = code.split('.')[0]!;
    for (const key of [`why.${code.replace('.', '_')}`, `why.${family}`]) if (te(key)) return t(key);
    return '';
  }
  const range = (name: string, first: number, last: number): string => t(first === last ? 'range.one' : 'range.many', { channel: channel(name), first, last });
  return { t, te, locale, time, size, count, duration, age, ago, state, kind, node, channel, reason, why, range };
}
