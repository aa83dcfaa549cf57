// The texts of the three front-ends: the same in both languages, and there for every key that a page asks for.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en as sharedEn } from '@common/language/en.ts';
import { zh as sharedZh } from '@common/language/zh.ts';
import { en as consoleEn } from '../../../exchange-gateway/web/src/languages/en.ts';
import { zh as consoleZh } from '../../../exchange-gateway/web/src/languages/zh.ts';
import { en as portalEn } from '../../../extranet-portal/web/src/language/en.ts';
import { zh as portalZh } from '../../../extranet-portal/web/src/language/zh.ts';
import { en as approvalEn } from '../../../intranet-approval/web/src/languages/en.ts';
import { zh as approvalZh } from '../../../intranet-approval/web/src/languages/zh.ts';

const repository = resolve(process.cwd(), '../..');

function textsOf(messages: object, above = ''): Map<string, string> {
  return new Map(Object.entries(messages).flatMap(([name, value]) => (typeof value === 'string' ? [[above + name, value] as const] : [...textsOf(value as object, `${above}${name}.`)])));
}
const both = (shared: object, own: object) => new Map([...textsOf(shared), ...textsOf(own)]);
const frontEnds = [
  { name: 'extranet-portal', zh: both(sharedZh, portalZh), en: both(sharedEn, portalEn) },
  { name: 'intranet-approval', zh: textsOf(approvalZh), en: textsOf(approvalEn) },
  { name: 'exchange-gateway', zh: textsOf(consoleZh), en: textsOf(consoleEn) },
];

// {name}, in each of the forms for different numbers that a text may have.
const placeholders = (text: string): string[] => [...new Set(Array.from(text.matchAll(/\{([a-z_A-Z0-9]+)\}/g), ([, name]) => name!))].sort();

// What templates and scripts ask for: t('a.b'), $t(cond ? 'a.b' : 'a.c'), and t(`a.${kind}.b`), whose changing part is any name.
function keysAskedFor(folder: string): { readonly file: string; readonly pattern: RegExp; readonly key: string }[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(vue|ts)$/.test(path) && !/languages?\//.test(path));
  const literal = /(?<![!=]== )(['`])((?:[a-z][\w-]*|\$\{[^}]*\})(?:\.(?:[\w-]|\$\{[^}]*\})+)+)\1/gi;
  return files.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return Array.from(text.matchAll(/\bt[ce]?\(/g)).flatMap(({ index }) => {
      const argument = firstArgument(text, index + text.slice(index).indexOf('(') + 1);
      return Array.from(argument.matchAll(literal), ([, , key]) => ({ file, key: key!, pattern: new RegExp(`^${key!.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[\\w-]+')}(\\.|$)`) }));
    });
  });
}
// Up to the comma or parenthesis that ends it.
function firstArgument(text: string, from: number): string {
  let depth = 0, quote = '';
  for (let at = from; at < text.length; at++) {
    const c = text[at]!;
    if (quote) quote = c === quote ? '' : quote;
    else if ("'`\"".includes(c)) quote = c;
    else if ('([{'.includes(c)) depth++;
    else if (depth === 0 && ',)'.includes(c)) return text.slice(from, at);
    else if (')]}'.includes(c)) depth--;
  }
  return text.slice(from);
}

describe.each(frontEnds)('the texts of $name', ({ name, zh, en }) => {
  it('are the same keys in both languages', () => {
    expect([...en.keys()].filter((key) => !zh.has(key))).toEqual([]);
    expect([...zh.keys()].filter((key) => !en.has(key))).toEqual([]);
  });
  it('name the same values in both languages', () => {
    for (const [key, text] of zh) {
      const [own, other] = [placeholders(text), placeholders(en.get(key)!)];
      // A form for one thing may say so in a word.
      for (const value of own) expect(other, `${key} in English: ${en.get(key)}`).toContain(value);
      for (const value of other) expect(own, `${key} in Chinese: ${text}`).toContain(value);
    }
  });
  it('are in their language', () => {
    // What officials put into the record is Chinese, whatever language they read.
    const words = [...en].filter(([key]) => !key.startsWith('phrase.'));
    for (const [key, text] of words) expect(text.replaceAll('中文', ''), key).not.toMatch(/\p{sc=Han}/u);
    const latin = [...zh].filter(([, text]) => /[a-z]{3}/i.test(text.replaceAll(/\{\w+\}/g, '')) && !/\p{sc=Han}/u.test(text));
    // The name of the other language, and places to go to.
    expect(latin.filter(([key, text]) => text !== 'English' && !key.endsWith('.go')).map(([key]) => key)).toEqual([]);
    expect([...zh].filter(([key, text]) => text === '' && en.get(key) !== '').map(([key]) => key)).toEqual([]);
  });
  it('are there for every key that the pages ask for', () => {
    const asked = keysAskedFor(join(repository, name, 'web/src'));
    expect(asked.length).toBeGreaterThan(50);
    const keys = [...zh.keys()];
    expect(asked.filter(({ pattern }) => !keys.some((key) => pattern.test(key))).map(({ file, key }) => `${file}: ${key}`)).toEqual([]);
  });
});
