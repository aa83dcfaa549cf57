import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Problem } from '@common/api.ts';
import { JinduError } from '@common/errors.ts';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { i18n, inLanguage, speak } from '../src/language.ts';
import { findingText, problemOf } from '../src/problem.ts';

const repository = resolve(process.cwd(), '../..');
const texts = (...folders: string[]) => folders.flatMap((folder) => readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).filter((path) => /\.[ch]pp$/.test(path)).map((path) => readFileSync(join(repository, folder, path), 'utf8')));
// Every code that the portal's own sources give an error.
const codes = [...new Set(texts('extranet-portal/api', 'extranet-portal/domain').flatMap((text) => Array.from(text.matchAll(/Fault::\w+,\s*"([a-z_]+(?:\.[a-z_]+)+)"/g), ([, code]) => code!)))].sort();

beforeAll(() => void vi.stubGlobal('document', { documentElement: {} }));
afterEach(() => speak('zh'));

describe('a problem', () => {
  it('has a text for every code of the portal, in both languages', async () => {
    expect(codes.length).toBeGreaterThan(30);
    for (const language of ['zh', 'en'] as const) {
      await speak(language);
      const unknown = i18n.global.t('problem.unknown', { detail: '' }).slice(0, 6);
      const told = codes.map((code) => ({ code, text: problemOf(new JinduError(code, 'detail')).text }));
      expect(told.filter(({ text }) => text.startsWith(unknown))).toEqual([]);
      expect(told.filter(({ text }) => /\p{sc=Han}/u.test(text) !== (language === 'zh'))).toEqual([]);
    }
  });
  it('is told as its nearest group where its own code has no text', () => {
    expect(problemOf(new JinduError('cms.something_new', 'x')).text).toBe(i18n.global.t('problems.cms.other'));
    expect(problemOf(new JinduError('submission.something_new', 'x')).text).toBe(i18n.global.t('problems.submission.other'));
    expect(problemOf(new JinduError('material.changed', 'x')).text).toBe(i18n.global.t('problems.material.changed'));
  });
  it('of no known group says at least what was told', () => {
    expect(problemOf(new JinduError('nothing.known', 'the very detail')).text).toContain('the very detail');
  });
  it('names code and request for those who are asked for help', () => {
    expect(problemOf(new Problem(409, 'draft.version', 'd', undefined, 'request-7')).reference).toBe('draft.version · request-7');
    expect(problemOf(new JinduError('draft.version', 'd')).reference).toBe('draft.version');
  });
  it('says how long to wait where there were too many', () => {
    expect(problemOf(new Problem(429, 'rate.limited', 'd', undefined, undefined, {}, 61_500)).text).toContain('62');
    expect(problemOf(new Problem(429, 'rate.limited', 'd')).text).toBe(i18n.global.t('problems.rate.limited'));
  });
  it('that nobody foresaw is written to the console and told without its insides', () => {
    const written = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { code, text } = problemOf(new TypeError('x is undefined'));
    expect(code).toBe('unexpected');
    expect(text).not.toContain('undefined');
    expect(written).toHaveBeenCalledOnce();
    written.mockRestore();
  });
});

describe('a finding of a form', () => {
  it('is told as its kind of field asks for, with the limit', async () => {
    expect(findingText({ rule: 'required', params: {} }, 'date')).toBe('请选择日期');
    expect(findingText({ rule: 'required', params: {} }, 'choice')).toBe('请选择一项');
    expect(findingText({ rule: 'maxLength', params: { limit: 64 } })).toContain('64');
    expect(findingText({ rule: 'minItems', params: { limit: 2 } }, 'choices')).toBe('至少选择 2 项');
    expect(findingText({ rule: 'format.uscc', params: {} })).toContain('统一社会信用代码');
    await speak('en');
    expect(findingText({ rule: 'required', params: {} }, 'date')).not.toMatch(/\p{sc=Han}/u);
  });
  it('that the inspection of a material gave is told as such', () => {
    expect(findingText({ rule: 'inspection.active_content', params: {} })).toContain('活动内容');
    expect(findingText({ rule: 'inspection.new', params: {} })).toBe(i18n.global.t('problems.inspection.other'));
  });
  it('of an unknown rule names it', () => {
    expect(findingText({ rule: 'x-rule', params: {} })).toContain('x-rule');
  });
});

describe('a text of the catalogue', () => {
  it('is in the language of the page, and Chinese where there is no other', async () => {
    await speak('en');
    expect(inLanguage({ zh: '渡口', en: 'Ferry' })).toBe('Ferry');
    expect(inLanguage({ zh: '渡口', en: '' })).toBe('渡口');
    await speak('zh');
    expect(inLanguage({ zh: '渡口', en: 'Ferry' })).toBe('渡口');
    expect(inLanguage(undefined)).toBe('');
  });
});
