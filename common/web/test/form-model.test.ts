import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FormModel, templateOf, withValue, type FormUi, type JsonObject } from '@common/form-model.ts';
import type { Schema } from '@common/forms.ts';

const repository = resolve(process.cwd(), '../..');
const items = resolve(repository, 'deploy/catalogue/items'), samples = resolve(repository, 'deploy/catalogue/samples');
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const modelOf = (name: string): FormModel => {
  const { schema, ui } = read(join(items, name)).form as { schema: Schema; ui: FormUi };
  return new FormModel(schema, ui);
};

describe.each(readdirSync(items))('the form of %s', (name) => {
  it('has a label in both languages and a kind for every field, and takes its sample as it is', () => {
    const model = modelOf(name), sample = read(join(samples, name)) as JsonObject;
    for (const field of model.fields.values()) {
      expect(field.label.zh, field.template).toMatch(/\p{sc=Han}/u);
      expect(field.label.en, field.template).not.toBe(field.name);
      for (const { label } of field.options) expect(label.zh).toBeTruthy();
    }
    expect(model.prune(sample)).toEqual(sample);
    expect(model.check(sample)).toEqual([]);
  });
});

describe('a field that only a branch speaks of', () => {
  const model = modelOf('food-business-licence.json');
  it('is shown and demanded while the branch holds, and not submitted otherwise', () => {
    const leased = { tenure: 'leased', lease_until: '2029-12-31' };
    expect(model.isShown(leased, '/lease_until')).toBe(true);
    expect(model.isRequired(leased, '/lease_until')).toBe(true);
    const owned = model.prune({ ...leased, tenure: 'owned' });
    expect(owned).toEqual({ tenure: 'owned' });
    expect(model.isShown(owned, '/lease_until')).toBe(false);
    expect(model.isShown(owned, '/email')).toBe(true);
    expect(model.isRequired(owned, '/email')).toBe(false);
  });
  it('in a row follows that row, and one that hides another takes it along', () => {
    const branch = (name: string, value: string, then: string) => ({ if: { properties: { [name]: { const: value } }, required: [name] }, then: { required: [then] } });
    const chain = new FormModel({
      type: 'object',
      properties: { rows: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' }, c: { type: 'string' } }, allOf: [branch('a', 'x', 'b'), branch('b', 'y', 'c')] } } },
    }, { sections: [{ title: { zh: '行', en: 'Rows' }, fields: ['/rows'] }], labels: {} });
    expect(chain.prune({ rows: [{ a: 'x', b: 'y', c: 'z' }, { a: 'n', b: 'y', c: 'z' }] })).toEqual({ rows: [{ a: 'x', b: 'y', c: 'z' }, { a: 'n' }] });
    expect(chain.isShown({ rows: [{ a: 'x' }, { a: 'n' }] }, '/rows/0/b')).toBe(true);
    expect(chain.isShown({ rows: [{ a: 'x' }, { a: 'n' }] }, '/rows/1/b')).toBe(false);
  });
});

describe('what was typed', () => {
  const model = modelOf('food-business-licence.json');
  it('loses its empty places, keeps rows that are begun, and has its findings in the order of the form', () => {
    const pruned = model.prune({ operator_name: ' 渡口 ', residence: '  ', online: false, staff: [{ name: '', post: 'cook' }, { name: '' }], seats: 3 });
    expect(pruned).toEqual({ operator_name: '渡口', online: false, staff: [{ post: 'cook' }, {}] });
    const pointers = model.check(pruned).map(({ pointer }) => pointer);
    expect(pointers[0]).toBe('/credit_code');
    expect(pointers.indexOf('/staff/0/name')).toBeLessThan(pointers.indexOf('/staff/0/health_until'));
    expect(pointers.indexOf('/staff/0/health_until')).toBeLessThan(pointers.indexOf('/staff/1/name'));
    expect(pointers.at(-1)).toBe('/staff/1/health_until');
  });
  it('is changed at any depth without touching the rest', () => {
    const data = { a: 1, rows: [{ x: 1 }, { x: 2 }] };
    expect(withValue(data, '/rows/1/x', 3)).toEqual({ a: 1, rows: [{ x: 1 }, { x: 3 }] });
    expect(withValue(data, '/rows/0', undefined)).toEqual({ a: 1, rows: [{ x: 2 }] });
    expect(withValue(data, '/new/deep', 'v')).toEqual({ ...data, new: { deep: 'v' } });
    expect(withValue(data, '/a', undefined)).toEqual({ rows: data.rows });
    expect(data).toEqual({ a: 1, rows: [{ x: 1 }, { x: 2 }] });
    expect(templateOf('/rows/12/x')).toBe('/rows/*/x');
    expect(model.labelOf('/staff/3/name')).toEqual({ zh: '姓名', en: 'Name' });
  });
});
