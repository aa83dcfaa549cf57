// What an item holds beyond what the API's description types: docs/formats.md, "Catalogue".
import type { FormUi, Text } from '@common/form-model.ts';
import type { Schema } from '@common/forms.ts';
import type { Item } from './service.ts';

export interface Guide {
  readonly summary: Text;
  readonly conditions: readonly Text[];
  readonly legal_basis: readonly Text[];
  readonly process: readonly Text[];
  readonly fees: Text;
  readonly where: Text;
  readonly hours: Text;
  readonly contact?: Text;
  readonly faq?: readonly { readonly question: Text; readonly answer: Text }[];
}
export interface Stage {
  readonly code: string;
  readonly name: Text;
  readonly limit_working_days: number;
}
export const guideOf = (item: Item): Guide => item.guide as unknown as Guide;
export const stagesOf = (item: Item): readonly Stage[] => (item.workflow as { stages?: readonly Stage[] }).stages ?? [];
export const limitsOf = (item: Item): { readonly statutory_working_days: number; readonly promised_working_days: number } => item.limits as never;
export const formOf = (item: Item): { readonly schema: Schema; readonly ui: FormUi } => item.form as never;
export const textOf = (value: unknown): Text | undefined =>
  typeof value === 'string' ? { zh: value, en: value } : typeof value === 'object' && value !== null && 'zh' in value ? (value as Text) : undefined;

// Names that people know, for media types.
const endings: Readonly<Record<string, string>> = {
  'application/pdf': 'PDF', 'image/jpeg': 'JPG', 'image/png': 'PNG', 'video/mp4': 'MP4', 'application/zip': 'ZIP', 'text/plain': 'TXT',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'DOCX', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'XLSX', 'application/ofd': 'OFD',
};
export const typeName = (type: string): string => endings[type] ?? type.split('/').at(-1)!.toUpperCase();
