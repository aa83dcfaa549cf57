// Makes the dossier: content, signed and sealed with its signature to the department and to the applicant; statement, signed in the clear. docs/formats.md, "Dossier".
import { base64, type Bytes, fromBase64, fromHex, sha256, textOf, utf8 } from '@common/bytes.ts';
import { Certificate } from '@common/certificate.ts';
import { signCms } from '@common/cms.ts';
import { JinduError } from '@common/errors.ts';
import type { Json } from '@common/forms.ts';
import { type Identity, recipientOfCertificate } from '@common/identity.ts';
import { decode, encode } from '@common/messages.ts';
import { openSeal, seal } from '@common/seal.ts';
import { DossierContentSchema, PartyKind, SignedContentSchema, SignedStatementSchema, SubmissionKind, SubmissionStatementSchema } from '@proto/dossier_pb.ts';
import type { Account, Item, Schemas } from '../service.ts';
import type { DraftContent, DraftMaterial } from './draft.ts';

const bindingOf = (declaration: string): string => `dossier/${declaration}`;

// As the certificate names it: the intranet compares.
export const applicantName = (account: Account, key: Identity): string => (account.kind === 'company' ? key.certificate.organisation || key.certificate.commonName : key.certificate.commonName);

export async function makeDossier(declaration: string, item: Item, draft: DraftContent, form: Json, account: Account, key: Identity): Promise<Schemas['Submission']> {
  const unfinished = draft.materials.find((one) => !one.sealed_sha256 || !one.sha256);
  if (unfinished) throw new JinduError('submission.upload_incomplete', 'a material is not uploaded to its end', `/materials/${unfinished.code}`);
  const recipients = await Promise.all([recipientOfCertificate(await Certificate.fromDer(fromBase64(item.department.certificate))), recipientOfCertificate(key.certificate)]);
  const at = new Date();
  const common = {
    version: 1,
    kind: draft.answers_notice_id ? SubmissionKind.SUPPLEMENT : SubmissionKind.APPLICATION,
    declarationId: declaration, itemId: draft.item_id, itemVersion: draft.item_version,
    recipients: recipients.map(({ keyId }) => keyId), signedAtMs: BigInt(at.getTime()),
  };
  const content = encode(DossierContentSchema, {
    ...common,
    applicant: {
      kind: account.kind === 'company' ? PartyKind.COMPANY : PartyKind.CITIZEN,
      name: applicantName(account, key), idNumber: draft.id_number, phone: draft.phone, certificate: key.certificate.der,
    },
    formJson: utf8(JSON.stringify(form)),
    materials: draft.materials.map((one) => ({
      code: one.code, uploadId: one.upload_id, fileName: one.file_name, mediaType: one.media_type, size: BigInt(one.size), sha256: fromHex(one.sha256!),
      fileKey: fromBase64(one.file_key), sealedSize: BigInt(one.sealed_size), sealedSha256: fromHex(one.sealed_sha256!),
    })),
    answersNoticeId: draft.answers_notice_id,
  });
  const signed = encode(SignedContentSchema, { content, signature: await signCms(content, key, at) });
  const sealed = await seal(recipients, bindingOf(declaration), signed);
  const statement = encode(SubmissionStatementSchema, {
    ...common,
    contentSha256: await sha256(sealed), contentSize: BigInt(sealed.length),
    parts: draft.materials.map((one) => ({ uploadId: one.upload_id, materialCode: one.code, size: BigInt(one.sealed_size), sha256: fromHex(one.sealed_sha256!) })),
  });
  const signedStatement = encode(SignedStatementSchema, { statement, signature: await signCms(statement, key, at) });
  return { signed_statement: base64(signedStatement), sealed_content: base64(sealed) };
}

// What was submitted, as its applicant reads it again.
export interface Submitted {
  readonly itemId: string;
  readonly itemVersion: number;
  readonly form: Json;
  readonly name: string;
  readonly idNumber: string;
  readonly phone: string;
  readonly signedAt: number;
  readonly materials: readonly DraftMaterial[];
}
export async function openSubmitted(sealed: Bytes, declaration: string, key: Identity): Promise<Submitted> {
  const signed = decode(SignedContentSchema, await openSeal(sealed, key.opener, bindingOf(declaration)));
  const content = decode(DossierContentSchema, signed.content);
  const text = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return {
    itemId: content.itemId, itemVersion: content.itemVersion, form: JSON.parse(textOf(content.formJson)) as Json,
    name: content.applicant?.name ?? '', idNumber: content.applicant?.idNumber ?? '', phone: content.applicant?.phone ?? '', signedAt: Number(content.signedAtMs),
    materials: content.materials.map((one) => ({
      code: one.code, upload_id: one.uploadId, file_name: one.fileName, media_type: one.mediaType, size: Number(one.size), file_key: base64(one.fileKey), salt: '', fingerprint: '',
      sealed_size: Number(one.sealedSize), sha256: text(one.sha256), sealed_sha256: text(one.sealedSha256), earlier: true,
    })),
  };
}
