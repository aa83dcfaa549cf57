import { describe, expect, it } from 'vitest';
import { applies, checkFile, checkMaterials, isDemanded, materialsMax, typeOf } from '../src/application/materials.ts';
import type { DraftMaterial } from '../src/application/draft.ts';
import type { MaterialRule } from '../src/service.ts';

const file = (name: string, ...parts: (string | number[])[]): File =>
  new File(parts.map((part) => (typeof part === 'string' ? Uint8Array.from(part, (c) => c.charCodeAt(0)) : Uint8Array.from(part))), name);
const pdf = (name = 'a.pdf') => file(name, '%PDF-1.7\n');
const rule: MaterialRule = { code: 'plan', name: { zh: '平面图', en: 'Plan' }, required: true, types: ['application/pdf', 'image/png'], max_bytes: 100, max_files: 2, grade: 'A' };
const material = (code: string, whole = true): DraftMaterial => ({
  code, upload_id: crypto.randomUUID(), file_name: 'a.pdf', media_type: 'application/pdf', size: 9, file_key: '', salt: '', fingerprint: '', sealed_size: 9, ...(whole ? { sha256: 'ab', sealed_sha256: 'cd' } : {}),
});

describe('the type of a file', () => {
  it.each([
    ['application/pdf', file('a', '%PDF-1.4')], ['image/jpeg', file('a.pdf', [0xff, 0xd8, 0xff, 0xe0])], ['image/png', file('a', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
    ['video/mp4', file('a', [0, 0, 0, 0x18], 'ftypisom')], ['application/zip', file('a.zip', 'PK\u0003\u0004')],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', file('a.DOCX', 'PK\u0003\u0004')], ['application/ofd', file('a.ofd', 'PK\u0003\u0004')],
    ['text/plain', file('a.txt', 'words')], ['application/octet-stream', file('a.exe', 'MZ')], ['application/octet-stream', file('pdf', '')],
  ])('is %s by its first bytes', async (type, one) => {
    expect(await typeOf(one)).toBe(type);
  });
  it('is what the bytes say, not the name: a program called a picture, a picture called a program', async () => {
    expect(await typeOf(file('picture.png', 'MZ'))).toBe('application/octet-stream');
    expect(await typeOf(pdf('letter.docx'))).toBe('application/pdf');
  });
});

describe('a file for a material', () => {
  const findingOf = async (one: File, already = 0, all = 0) => (await checkFile(rule, one, already, all)).finding;
  it('is taken when it keeps every rule, to the last byte and the last file', async () => {
    expect(await findingOf(file('a.pdf', '%PDF-', 'x'.repeat(95)), 1, materialsMax - 1)).toBeUndefined();
  });
  it('is refused for the first rule it breaks, with what would be allowed', async () => {
    expect(await findingOf(file('a.pdf', ''))).toMatchObject({ rule: 'material.empty' });
    expect(await findingOf(file('a.pdf', 'text'))).toMatchObject({ rule: 'material.type', params: { types: ['application/pdf', 'image/png'] } });
    expect(await findingOf(file('a.pdf', '%PDF-', 'x'.repeat(96)))).toMatchObject({ rule: 'material.size', params: { limit: 100 } });
    expect(await findingOf(pdf(), 2)).toMatchObject({ rule: 'material.count', params: { limit: 2 } });
    expect(await findingOf(pdf(), 0, materialsMax)).toMatchObject({ rule: 'material.total', params: { limit: materialsMax } });
  });
});

describe('the materials of a submission', () => {
  const lease: MaterialRule = { ...rule, code: 'lease', when: { properties: { tenure: { const: 'leased' } }, required: ['tenure'] } as never };
  const video: MaterialRule = { ...rule, code: 'video', required: false };
  const codes = (form: object, ...materials: DraftMaterial[]) => checkMaterials([rule, lease, video], form as never, materials).map(({ pointer, rule: broken }) => `${pointer} ${broken}`);

  it('are demanded as the form says', () => {
    expect(isDemanded(lease, { tenure: 'leased' })).toBe(true);
    expect(isDemanded(lease, { tenure: 'owned' })).toBe(false);
    expect(applies(lease, {})).toBe(false);
    expect(isDemanded(video, {})).toBe(false);
    expect(applies(video, {})).toBe(true);
  });
  it('are missing one by one', () => {
    expect(codes({ tenure: 'leased' })).toEqual(['/materials/plan material.required', '/materials/lease material.required']);
    expect(codes({ tenure: 'owned' }, material('plan'))).toEqual([]);
  });
  it('must have been uploaded to their end, demanded or not', () => {
    expect(codes({}, material('plan'), material('plan', false), material('video', false))).toEqual(['/materials/plan material.unfinished', '/materials/video material.unfinished']);
  });
});
