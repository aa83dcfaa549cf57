// Problems in the person's language. Codes are dotted; where the very code has no text, the nearest group above it has.
import { Problem } from '@common/api.ts';
import { codeOf, JinduError } from '@common/errors.ts';
import type { Finding } from '@common/forms.ts';
import { i18n } from './language.ts';

export interface ProblemText {
  readonly code: string;
  readonly text: string;
  readonly reference: string; // code and request, for those who are asked for help
}

function codeText(code: string): string | undefined {
  const { t, te } = i18n.global;
  for (let at = code; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    for (const key of [`problems.${at}`, `problems.${at}.other`]) if (te(key, 'zh') && typeof i18n.global.tm(key) === 'string') return t(key);
  }
  return undefined;
}

export function problemOf(error: unknown): ProblemText {
  const code = codeOf(error);
  if (code === 'unexpected') console.error(error);
  const { t } = i18n.global;
  const known = codeText(code);
  const seconds = error instanceof Problem && error.retryAfterMs ? Math.ceil(error.retryAfterMs / 1000) : 0;
  const text = code === 'rate.limited' && seconds ? t('problem.limited', { seconds }) : known ?? t('problem.unknown', { detail: error instanceof JinduError ? error.message : code });
  return { code, text, reference: [code, error instanceof Problem ? error.requestId : ''].filter(Boolean).join(' · ') };
}

// A finding of a form, with the label of its field.
export function findingText({ rule, params }: Pick<Finding, 'rule' | 'params'>, kind = 'text'): string {
  const { t, te } = i18n.global;
  const values: Record<string, unknown> = { ...params, kind };
  for (const key of [`findings.${rule}.${kind}`, `findings.${rule}.other`, `findings.${rule}`]) if (te(key, 'zh') && typeof i18n.global.tm(key) === 'string') return t(key, values);
  return codeText(rule) ?? t('findings.unknown', { rule });
}
