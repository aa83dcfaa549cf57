// Which materials a form demands, and whether a file may be one: the rules of the intranet, applied before a byte is sent.
import { type Finding, FormSchema, type Json, type Schema } from '@common/forms.ts';
import type { MaterialRule } from '../service.ts';
import type { DraftMaterial } from './draft.ts';

export const materialsMax = 64;

export function isDemanded(rule: MaterialRule, form: Json): boolean {
  return rule.required && (!rule.when || new FormSchema(rule.when as Schema).satisfiedBy(form));
}
// A rule with a condition that does not hold concerns nobody.
export const applies = (rule: MaterialRule, form: Json): boolean => !rule.when || new FormSchema(rule.when as Schema).satisfiedBy(form);

// What a file is by its first bytes. Its name proves nothing; the intranet looks in the same way.
const magics: readonly (readonly [type: string, offset: number, magic: string])[] = [
  ['application/pdf', 0, '%PDF-'], ['image/jpeg', 0, '\u00ff\u00d8\u00ff'], ['image/png', 0, '\u0089PNG\r\n\u001a\n'], ['video/mp4', 4, 'ftyp'], ['application/zip', 0, 'PK\u0003\u0004'],
];
const zipped = ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/ofd'];
const byEnding: Readonly<Record<string, string>> = { docx: zipped[0]!, xlsx: zipped[1]!, ofd: zipped[2]!, txt: 'text/plain' };

export async function typeOf(file: Blob & { readonly name: string }): Promise<string> {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  const found = magics.find(([, offset, magic]) => head.startsWith(magic, offset))?.[0];
  const named = byEnding[file.name.split('.').at(-1)?.toLowerCase() ?? ''];
  if (found === 'application/zip' && named && zipped.includes(named)) return named;
  return found ?? named ?? 'application/octet-stream';
}

export async function checkFile(rule: MaterialRule, file: File, already: number, all: number): Promise<{ readonly type: string; readonly finding?: Omit<Finding, 'pointer'> }> {
  const type = await typeOf(file);
  const wrong = (name: string, params: Finding['params'] = {}) => ({ type, finding: { rule: name, params } });
  if (file.size === 0) return wrong('material.empty');
  if (!rule.types.includes(type)) return wrong('material.type', { types: [...rule.types] });
  if (file.size > rule.max_bytes) return wrong('material.size', { limit: rule.max_bytes });
  if (already >= rule.max_files) return wrong('material.count', { limit: rule.max_files });
  if (all >= materialsMax) return wrong('material.total', { limit: materialsMax });
  return { type };
}

// What stands between these materials and a submission.
export function checkMaterials(rules: readonly MaterialRule[], form: Json, materials: readonly DraftMaterial[]): Finding[] {
  const findings: Finding[] = [];
  for (const rule of rules) {
    const own = materials.filter(({ code }) => code === rule.code);
    const pointer = `/materials/${rule.code}`;
    if (own.length === 0 && isDemanded(rule, form)) findings.push({ pointer, rule: 'material.required', params: {} });
    else if (own.some(({ sealed_sha256 }) => !sealed_sha256)) findings.push({ pointer, rule: 'material.unfinished', params: {} });
  }
  return findings;
}
