import { base64, fromBase64, plain } from '@common/bytes.ts';
import { decode } from '@common/messages.ts';
import { inspectSeal } from '@common/seal.ts';
import { SignedStatementSchema, SubmissionKind, SubmissionStatementSchema } from '@proto/dossier_pb.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeDossier, openSubmitted } from '../src/application/dossier.ts';
import type { DraftContent, DraftMaterial } from '../src/application/draft.ts';
import type { Item } from '../src/service.ts';
import { refusal } from '../../../common/web/test/support.ts';
import { people, type Person } from './person.ts';

const { person, certificate } = people();
let company: Person, citizen: Person, item: Item;
const declaration = crypto.randomUUID(), digest = 'ab'.repeat(32);
const material: DraftMaterial = {
  code: 'plan', upload_id: crypto.randomUUID(), file_name: '平面图.pdf', media_type: 'application/pdf', size: 1234, file_key: base64(plain(new Uint8Array(32).fill(7))), salt: 'c2FsdA==', fingerprint: 'f',
  sealed_size: 2000, sha256: digest, sealed_sha256: 'cd'.repeat(32),
};
const draft = (more: Partial<DraftContent> = {}): DraftContent => ({
  version: 1, item_id: 'food-business-licence', item_version: 3, form: {}, id_number: '330106199001011234', phone: '0571-88001101', materials: [material], answers_notice_id: '', saved_at: 1, ...more,
});
const form = { unit_name: '津渡面馆', area: 128.5, open: true };

beforeAll(async () => {
  company = await person('company', '/C=CN/O=津渡面馆有限公司/CN=经办 李清', { kind: 'company', name: '津渡面馆有限公司', login: '91330106MA2B1C3D45' });
  citizen = await person('citizen', '/C=CN/CN=林晓舟', { kind: 'citizen', name: '林晓舟', login: '13900000000' });
  item = { department: { certificate: base64(plain(certificate('department'))) } } as unknown as Item;
});

describe('a dossier', () => {
  it('is read again by its applicant, with everything that was filled in and attached, and by nobody else', async () => {
    const { sealed_content } = await makeDossier(declaration, item, draft(), form, citizen.account, citizen.key);
    const read = await openSubmitted(fromBase64(sealed_content), declaration, citizen.key);
    expect(read).toMatchObject({ itemId: 'food-business-licence', itemVersion: 3, form, name: '林晓舟', idNumber: '330106199001011234', phone: '0571-88001101' });
    const { salt: _, fingerprint: __, ...known } = material;
    expect(read.materials).toMatchObject([{ ...known, earlier: true }]);
    expect(await refusal(() => openSubmitted(fromBase64(sealed_content), declaration, company.key))).toBe('seal.not_a_recipient');
    expect(await refusal(() => openSubmitted(fromBase64(sealed_content), crypto.randomUUID(), citizen.key))).toBe('seal.binding');
  });
  it('names a company as its certificate does, and seals to department and applicant', async () => {
    const { sealed_content } = await makeDossier(declaration, item, draft(), form, company.account, company.key);
    expect((await openSubmitted(fromBase64(sealed_content), declaration, company.key)).name).toBe('津渡面馆有限公司');
    const { recipients, binding } = inspectSeal(fromBase64(sealed_content));
    expect(recipients).toHaveLength(2);
    expect(recipients[1]).toEqual(company.key.certificate.keyId);
    expect(binding).toBe(`dossier/${declaration}`);
  });
  it('tells the portal of its parts and nothing of the form', async () => {
    const { signed_statement } = await makeDossier(declaration, item, draft(), form, citizen.account, citizen.key);
    const statement = decode(SubmissionStatementSchema, decode(SignedStatementSchema, fromBase64(signed_statement)).statement);
    expect(statement).toMatchObject({ kind: SubmissionKind.APPLICATION, declarationId: declaration, itemId: 'food-business-licence', itemVersion: 3 });
    expect(statement.parts).toMatchObject([{ uploadId: material.upload_id, materialCode: 'plan', size: 2000n }]);
    const bytes = Buffer.from(signed_statement, 'base64');
    for (const secret of ['津渡面馆', '330106199001011234', '平面图']) expect(bytes.includes(secret), secret).toBe(false);
  });
  it('is a supplement when it answers a notice', async () => {
    const { signed_statement } = await makeDossier(declaration, item, draft({ answers_notice_id: crypto.randomUUID() }), form, citizen.account, citizen.key);
    expect(decode(SubmissionStatementSchema, decode(SignedStatementSchema, fromBase64(signed_statement)).statement).kind).toBe(SubmissionKind.SUPPLEMENT);
  });
  it('is not made of a material that is not uploaded to its end', async () => {
    const { sealed_sha256: _, ...unfinished } = material;
    expect(await refusal(() => makeDossier(declaration, item, draft({ materials: [unfinished] }), form, citizen.account, citizen.key))).toBe('submission.upload_incomplete');
  });
});
