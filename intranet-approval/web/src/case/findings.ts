import type { Json } from '@common/forms.ts';

interface Found {
  readonly rule: string;
  readonly params?: Readonly<Record<string, Json>> | Record<string, unknown>;
  readonly message_zh?: string;
  readonly message_en?: string;
}
// What an official or a check wrote itself goes first; rules have texts of their own.
export function findingText(one: Found, t: (key: string, named: Record<string, unknown>) => string, te: (key: string) => boolean, english = false): string {
  const written = english ? one.message_en || one.message_zh : one.message_zh || one.message_en;
  if (written) return written;
  return te(`rules.${one.rule}`) ? t(`rules.${one.rule}`, { ...one.params }) : one.rule;
}
