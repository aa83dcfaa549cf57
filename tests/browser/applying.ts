// An application as a person makes it in the applicants' pages: the form filled in field by field, the files chosen, the review agreed to.
import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { type Field, FormModel, type JsonObject } from '@common/form-model.ts';
import { type Json, pointerJoin } from '@common/forms.ts';

const catalogue = resolve(process.cwd(), '../../deploy/catalogue'); // programs run in build/web
const read = (path: string) => JSON.parse(readFileSync(join(catalogue, path), 'utf8'));
export const itemFile = (item: string) => read(`items/${item}.json`);
export const sampleOf = (item: string) => read(`samples/${item}.json`) as JsonObject;

// A valid resident id of somebody who does not exist (GB 11643).
export function residentId(): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const body = `330106${1960 + randomInt(40)}${two(1 + randomInt(12))}${two(1 + randomInt(28))}${String(randomInt(1000)).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  return body + '10X98765432'[weights.reduce((sum, weight, i) => sum + weight * Number(body[i]), 0) % 11];
}
export const mobile = () => `139${String(randomInt(100_000_000)).padStart(8, '0')}`;

// A page with a line of text; `more`: entries of its catalogue.
export function pdf(text: string, more = ''): Buffer {
  const stream = `BT /F1 18 Tf 72 760 Td (${text}) Tj ET`;
  const objects = [`<< /Type /Catalog /Pages 2 0 R ${more}>>`, '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'];
  let out = '%PDF-1.4\n';
  const places = objects.map((object, i) => {
    const at = out.length;
    out += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, '0')} 00000 n \n`;
  });
  const table = out.length;
  return Buffer.from(`${out}xref\n0 6\n0000000000 65535 f \n${places.join('')}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`, 'latin1');
}

const idOf = (pointer: string): string => `f${pointer.replaceAll('/', '-')}`;
async function fillField(on: Page, field: Field, pointer: string, value: Json): Promise<void> {
  const at = on.locator(`#${idOf(pointer)}`);
  switch (field.kind) {
    case 'yes-no': return at.locator('input[type=radio]').nth(value ? 0 : 1).check();
    case 'choice': {
      const index = field.options.findIndex((option) => option.value === value);
      return field.options.length <= 4 ? at.locator('input[type=radio]').nth(index).check() : void (await at.selectOption(String(index)));
    }
    case 'choices':
      for (const one of value as Json[]) await at.locator('input[type=checkbox]').nth(field.options.findIndex((option) => option.value === one)).check();
      return;
    case 'rows':
      for (const [row, data] of (value as JsonObject[]).entries()) {
        if ((await on.locator(`#${idOf(pointer)}-row-${row}`).count()) === 0) await on.locator(`#${idOf(pointer)}-add`).click();
        for (const one of field.fields) if (data[one.name] !== undefined) await fillField(on, one, pointerJoin(pointerJoin(pointer, row), one.name), data[one.name]!);
      }
      return;
    default:
      await at.fill(String(value));
      await at.blur();
  }
}
export function modelOf(item: string): FormModel {
  const { schema, ui } = itemFile(item).form;
  return new FormModel(schema, ui);
}
export async function fillForm(on: Page, item: string, data: JsonObject): Promise<void> {
  for (const { fields } of modelOf(item).sections)
    for (const field of fields) if (data[field.name] !== undefined) await fillField(on, field, field.template, data[field.name]!);
}

// A small valid file for every material that is demanded.
export async function attachDemanded(on: Page, folder: string): Promise<void> {
  const boxes = on.locator('section.material:has(.badge.flow)');
  await on.locator('section.material').first().waitFor();
  for (let i = 0; i < (await boxes.count()); i++) {
    const box = boxes.nth(i), path = join(folder, `${(await box.getAttribute('id'))!}.pdf`);
    if ((await box.locator('.files li').count()) > 0) continue;
    writeFileSync(path, pdf((await box.getAttribute('id'))!));
    await box.locator('input[type=file]').last().setInputFiles(path);
    await box.locator('li[data-state=done]').first().waitFor();
  }
}
export const next = (on: Page) => on.locator('.actions .button.main:visible').last();

export interface Submitted {
  readonly id: string;
  readonly number: string;
}
export async function submitReviewed(on: Page): Promise<Submitted> {
  await on.locator('#agree').check();
  await next(on).click();
  const number = await on.getByTestId('declaration-number').textContent();
  const href = await on.locator('a[href^="/my/"]').last().getAttribute('href');
  return { id: href!.split('/').at(-1)!, number: number!.trim() };
}
