// The release in force, shared by all pages, and item versions as dossiers are pinned to them.
import type { Schema } from '@common/forms.ts';
import { pointerParts } from '@common/forms.ts';
import { shallowRef } from 'vue';
import { type CatalogueSummary, service, type Text } from './service.ts';

export interface MaterialRule {
  readonly code: string;
  readonly name: Text;
  readonly description?: Text;
  readonly required: boolean;
  readonly when?: Schema;
  readonly types: readonly string[];
  readonly max_bytes: number;
  readonly max_files: number;
  readonly grade: string;
}
export interface FormLayout {
  readonly sections: readonly { readonly title: Text; readonly fields: readonly string[] }[];
  readonly labels: Readonly<Record<string, Text>>;
  readonly help?: Readonly<Record<string, Text>>;
  readonly enums?: Readonly<Record<string, Readonly<Record<string, Text>>>>;
}
export interface StageRule {
  readonly code: string;
  readonly name: Text;
  readonly role: string;
  readonly limit_working_days: number;
}
export interface ServiceItem {
  readonly id: string;
  readonly version: number;
  readonly code: string;
  readonly name: Text;
  readonly department: string;
  readonly guide: { readonly legal_basis: readonly Text[]; readonly conditions: readonly Text[] };
  readonly form: { readonly schema: Schema; readonly ui: FormLayout };
  readonly materials: readonly MaterialRule[];
  readonly workflow: { readonly stages: readonly StageRule[] };
  readonly limits: { readonly statutory_working_days: number; readonly promised_working_days: number };
  readonly documents: Readonly<Record<'grant' | 'refusal', { readonly title: Text; readonly number_template: string; readonly valid_years: number }>>;
}

export const release = shallowRef<CatalogueSummary>();
let under: Promise<void> | undefined;

export function loadRelease(again = false): Promise<void> {
  if (again) under = undefined;
  under ??= service.get('/api/v1/catalogue').then(
    (summary) => void (release.value = summary),
    (error: unknown) => {
      under = undefined;
      throw error;
    },
  );
  return under;
}

// A published version never changes.
const items = new Map<string, Promise<ServiceItem>>();

export function itemOf(id: string, version: number): Promise<ServiceItem> {
  const key = `${id} ${version}`;
  let item = items.get(key);
  if (!item) {
    item = service.get('/api/v1/items/{id}/{version}', { path: { id, version } }) as unknown as Promise<ServiceItem>;
    items.set(key, item);
    item.catch(() => items.delete(key));
  }
  return item;
}

// Texts by pointer name all rows of a table at once: /staff/*/name.
export function textAt<T>(texts: Readonly<Record<string, T>> | undefined, pointer: string): T | undefined {
  return texts?.[pointer] ?? texts?.[`/${pointerParts(pointer).map((part) => (/^\d+$/.test(part) ? '*' : part)).join('/')}`];
}

export const materialRule = (item: ServiceItem, pointer: string): MaterialRule | undefined => {
  const [first, code] = pointerParts(pointer);
  return first === 'materials' ? item.materials.find((rule) => rule.code === code) : undefined;
};

// "Staff · row 2 · name" for /staff/1/name; the material's name for /materials/lease.
export function describePointer(item: ServiceItem, pointer: string, text: (both: Text | undefined) => string, row: (n: number) => string): string {
  const material = materialRule(item, pointer);
  if (material) return text(material.name);
  const parts = pointerParts(pointer);
  const names = parts.map((part, i) => {
    const here = `/${parts.slice(0, i + 1).join('/')}`;
    const label = textAt(item.form.ui.labels, here);
    if (label && !/^\d+$/.test(part)) return text(label);
    return /^\d+$/.test(part) ? row(Number(part) + 1) : part;
  });
  return names.join(' · ') || text(item.name);
}
