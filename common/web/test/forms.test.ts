import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Finding, FormSchema, type Json, pointerJoin, type Schema, valueAt } from '@common/forms.ts';
import { isDate, isEmail, isResidentId, isUscc } from '@common/identifiers.ts';
import { Pattern } from '@common/pattern.ts';
import { refusal } from './support.ts';

const repository = resolve(process.cwd(), '../..');
const folder = resolve(repository, 'tests/vectors/forms');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('the findings that C++ gives', () => {
  it('has vectors', () => expect(files.length).toBeGreaterThan(40));
  it.each(files)('%s', (name) => {
    const { schema, data, findings } = JSON.parse(readFileSync(resolve(folder, name), 'utf8')) as { schema: Schema; data: Json; findings: Partial<Finding>[] };
    const key = ({ pointer, rule, params }: Partial<Finding>, expected: Partial<Finding>) => JSON.stringify([pointer, rule, 'params' in expected ? params : null]);
    const found = new FormSchema(schema).check(data);
    expect(found.map((f) => key(f, findings[0] ?? {})).sort()).toEqual(findings.map((f) => key(f, f)).sort());
  });
});

describe('a finding', () => {
  it('carries what its text needs', () => {
    const schema = { properties: { a: { type: 'string', maxLength: 2, pattern: '^x' }, b: { enum: ['y'] }, c: { const: 1 }, d: { minimum: 3 }, e: { multipleOf: 2 }, f: { type: 'string' } } } as Schema;
    expect(new FormSchema(schema).check({ a: 'yyy', b: 'z', c: 2, d: 1, e: 3, f: 1 })).toEqual([
      { pointer: '/a', rule: 'maxLength', params: { limit: 2 } },
      { pointer: '/a', rule: 'pattern', params: { pattern: '^x' } },
      { pointer: '/b', rule: 'enum', params: { allowedValues: ['y'] } },
      { pointer: '/c', rule: 'const', params: { allowedValue: 1 } },
      { pointer: '/d', rule: 'minimum', params: { limit: 3 } },
      { pointer: '/e', rule: 'multipleOf', params: { multipleOf: 2 } },
      { pointer: '/f', rule: 'type', params: { type: 'string' } },
    ]);
  });
  it('is one of at most 200', () => {
    expect(new FormSchema({ items: false }).check(Array.from({ length: 300 }, () => 1)).length).toBe(200);
  });
});

describe('a schema', () => {
  const items = resolve(repository, 'deploy/catalogue');
  const catalogued = (readdirSync(items, { recursive: true }) as string[]).filter((name) => name.endsWith('.json'))
    .map((name) => [name, JSON.parse(readFileSync(resolve(items, name), 'utf8')) as { form?: { schema?: Schema } }] as const).filter(([, item]) => item.form?.schema);
  it.each(catalogued.length > 0 ? catalogued : [['none', { form: { schema: true } }] as const])('of the deployed catalogue is understood: %s', (_, item) => {
    expect(new FormSchema(item.form!.schema!).check({}).length).toBeGreaterThanOrEqual(0);
  });

  it.each<[string, Schema, string]>([
    ['a keyword that is not known', { patternProperties: {} }, 'schema.keyword'],
    ['a format that is not known', { format: 'uri' }, 'schema.format'],
    ['a format named like a method', { format: 'toString' }, 'schema.format'],
    ['a reference elsewhere', { $ref: 'https://example.org' }, 'schema.reference'],
    ['a reference to nothing', { $ref: '#/definitions/x' }, 'schema.reference'],
    ['a reference in a circle', { definitions: { x: { items: { $ref: '#/definitions/x' } } }, $ref: '#/definitions/x' }, 'schema.reference'],
    ['no schema', { items: 3 }, 'schema.malformed'],
    ['look-ahead', { pattern: '(?=a)' }, 'schema.pattern'],
  ])('with %s is refused', async (_, schema, code) => {
    expect(await refusal(() => new FormSchema(schema))).toBe(code);
  });
});

describe('a pattern', () => {
  it.each(['^a{2,3}$', 'a|b|', '^(?:ab|c)+$', '[^a-c]', '[\\d\\-x]', '^.$', '^\\s*$', '[a-]', '\\u4e00', '^[\\u{4e00}-\\u{9fff}]{2,}$', '^津.?渡$', 'a?b*c+', '^$', '[.*+?(){}|/$^]', '\\/', '/'])(
    'means what JavaScript means: %s', (source) => {
      const ours = new Pattern(source), theirs = new RegExp(source.replaceAll('[.*+?(){}|/$^]', '[.*+?(){}|\\/$^]'), 'u');
      for (const text of ['', 'a', 'aa', 'aaa', 'aaaa', 'ab', 'abab', 'c', 'd', '-', 'x', '7', '津', '津渡', '津x渡', '😀', '\n', 'a\n', ' ', '\u3000', '\u2028', '/', '^', '.', '一二', 'bc'])
        expect([text, ours.foundIn(text)]).toEqual([text, theirs.test(text)]);
    });
  it.each(['a**', '^*', 'a{3,2}', 'a{501}', '(', ')', '[a', 'a\\', '\\b', '(?<n>a)', '\\p{L}', '((a{50}){50}){50}', 'a'.repeat(501), '[b-a]', '\\ud800', 'a]', '*'])('that is not of the subset is refused: %s', async (source) => {
    expect(await refusal(() => new Pattern(source))).toBe('schema.pattern');
  });
  it('takes no exponential time', () => {
    const began = performance.now();
    expect(new Pattern('^(a+)+$').foundIn('a'.repeat(20_000) + '!')).toBe(false);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe('identifiers', () => {
  it('of residents have one right check digit', () => {
    for (const check of '0123456789X') expect(isResidentId('11010519491231002' + check)).toBe(check === 'X');
    for (const wrong of ['11010519491231002x', '01010519491231002X', '110105194902310025', '11010517991231002X', '1101051949123100', '１1010519491231002X']) expect(isResidentId(wrong)).toBe(false);
  });
  it('of companies have one right check character', () => {
    for (const check of '0123456789ABCDEFGHJKLMNPQRTUWXY') expect(isUscc('91350100M000100Y4' + check)).toBe(check === '3');
    for (const wrong of ['91350100M000100y43', '9135O100M000100Y43', '91350100M000100Y4']) expect(isUscc(wrong)).toBe(false);
  });
  it('are days that exist', () => {
    expect(['2024-02-29', '2000-02-29', '2026-12-31'].every(isDate)).toBe(true);
    expect(['2026-02-29', '1900-02-29', '2026-04-31', '2026-13-01', '2026-00-10', '2026-1-01', '2026-01-01\n'].some(isDate)).toBe(false);
  });
  it('are addresses', () => {
    expect(['a@b.cn', "o'x+y@a-b.example"].every(isEmail)).toBe(true);
    expect(['@b.cn', 'a@b', 'a@@b.cn', 'a@.b', 'a@b.', 'a@b..c', 'a b@c.d', '津@b.cn', 'a@b.cn\n', 'a'.repeat(65) + '@b.cn', 'a@' + 'b'.repeat(250) + '.cn'].some(isEmail)).toBe(false);
  });
});

it('pointers find what they name and nothing inherited', () => {
  expect(pointerJoin('/a', 'b/c~d')).toBe('/a/b~1c~0d');
  const data = { a: { 'b/c~d': [1, { e: null }] } };
  expect(valueAt(data, '/a/b~1c~0d/1/e')).toBe(null);
  expect(valueAt(data, '')).toBe(data);
  for (const nothing of ['/x', '/a/toString', '/a/b~1c~0d/01', '/a/b~1c~0d/-', '/__proto__']) expect(valueAt(data, nothing)).toBe(undefined);
});
