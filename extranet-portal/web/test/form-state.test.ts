import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FormModel, type JsonObject } from '@common/form-model.ts';
import { describe, expect, it, vi } from 'vitest';
import { fieldId, useForm } from '../src/application/form-state.ts';

const read = (path: string) => JSON.parse(readFileSync(resolve(process.cwd(), '../../deploy/catalogue', path), 'utf8'));
const model = (() => {
  const { schema, ui } = read('items/public-place-hygiene.json').form;
  return new FormModel(schema, ui);
})();
const sample = () => structuredClone(read('samples/public-place-hygiene.json')) as JsonObject;
const rowsOf = (form: JsonObject) => Object.entries(form).find(([, value]) => Array.isArray(value))![0];

describe('a form that is being filled in', () => {
  it('complains of a field once it was left, and of all after an attempt to go on', () => {
    const form = useForm(model, {}, () => undefined);
    expect(form.findings.value.length).toBeGreaterThan(5);
    expect(form.finding('/unit_name')).toBeUndefined();
    form.leave('/unit_name');
    expect(form.finding('/unit_name')).toMatchObject({ rule: 'required' });
    expect(form.finding('/address')).toBeUndefined();
    form.tellAll();
    expect(form.finding('/address')).toMatchObject({ rule: 'required' });
  });
  it('says so when something was changed, and no longer complains of what was mended', () => {
    const changed = vi.fn(), form = useForm(model, {}, changed);
    form.leave('/unit_name');
    form.set('/unit_name', '津渡市清渡沐浴有限公司');
    expect(changed).toHaveBeenCalledOnce();
    expect(form.finding('/unit_name')).toBeUndefined();
    expect(form.value('/unit_name')).toBe('津渡市清渡沐浴有限公司');
  });
  it('has no finding when it is filled in as it should be', () => {
    const form = useForm(model, sample(), () => undefined);
    form.tellAll();
    expect(form.findings.value).toEqual([]);
    expect(form.pruned.value).toEqual(sample());
  });
  it('keeps what was typed into a field that is not shown just now, and does not submit it', () => {
    const { schema, ui } = read('items/food-business-licence.json').form;
    const form = useForm(new FormModel(schema, ui), { tenure: 'leased', lease_until: '2029-12-31' }, () => undefined);
    form.set('/tenure', 'owned');
    expect(form.isShown('/lease_until')).toBe(false);
    expect(form.pruned.value).toEqual({ tenure: 'owned' });
    expect(form.typed.value).toEqual({ tenure: 'owned', lease_until: '2029-12-31' });
    form.set('/tenure', 'leased');
    expect(form.pruned.value).toMatchObject({ lease_until: '2029-12-31' });
  });
  it('moves what was met in a row along when a row before it is taken away', () => {
    const rows = rowsOf(sample()), empty = { ...sample(), [rows]: [{}, {}, {}] } as JsonObject;
    const form = useForm(model, empty, () => undefined);
    const name = form.findings.value.find(({ pointer }) => pointer.startsWith(`/${rows}/2/`))!.pointer.split('/').at(-1)!;
    form.leave(`/${rows}/0/${name}`);
    form.leave(`/${rows}/2/${name}`);
    form.removeRow(`/${rows}`, 0);
    expect((form.typed.value[rows] as unknown[]).length).toBe(2);
    expect(form.finding(`/${rows}/0/${name}`)).toBeUndefined();
    expect(form.finding(`/${rows}/1/${name}`)).toBeDefined();
  });
  it('gives every field an id of its own that a page can hold', () => {
    expect(fieldId('/staff/0/name')).toBe('f-staff-0-name');
    expect(fieldId('/a~1b')).toMatch(/^[\w-]+$/);
  });
});
