// Checking and opening what an applicant submitted. docs/formats.md, "Dossier": the order of checks there is the order here. The counterpart of common/dossier.
import { type DossierContent, DossierContentSchema, type Material, PartyKind, SignedContentSchema, SignedStatementSchema, SubmissionKind, type SubmissionStatement, SubmissionStatementSchema } from '@proto/dossier_pb';
import { type Bytes, constantTimeEqual, equal, plain, sha256 } from './bytes.ts';
import { type Certificate, type Trust, verifyChain } from './certificate.ts';
import { verifyCms } from './cms.ts';
import { JinduError } from './errors.ts';
import { materialBinding, materialMax } from './material.ts';
import { decode } from './messages.ts';
import { headerMax, inspectSeal, type Opener, openSeal, recipientsMax, sealedSize } from './seal.ts';

const statementMax = 256 * 1024;
const contentMax = 8 * 1024 * 1024;
const formMax = 2 * 1024 * 1024;
const materialsMax = 64;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const contentBinding = (declaration: string): string => `dossier/${declaration}`;

const malformed = (detail: string, field?: string) => new JinduError('dossier.malformed', detail, field);
const tooLarge = (detail: string, field?: string) => new JinduError('dossier.too_large', detail, field);
const otherVersion = (detail: string) => new JinduError('dossier.version', detail);
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

export interface CheckedStatement {
  readonly statement: SubmissionStatement;
  readonly signer: Certificate;
}

function checkShape(s: SubmissionStatement): void {
  if (s.version !== 1) throw otherVersion(`version ${s.version} is not known`);
  if (s.kind !== SubmissionKind.APPLICATION && s.kind !== SubmissionKind.SUPPLEMENT) throw otherVersion('a kind of submission that is not known');
  if (!uuid.test(s.declarationId)) throw malformed('a declaration id is a UUID in lower case', '/declaration_id');
  if (s.itemId === '' || bytesOf(s.itemId) > 100 || s.itemVersion === 0) throw malformed('the service item is missing', '/item_id');
  if (s.contentSha256.length !== 32) throw malformed('a digest has 32 bytes', '/content_sha256');
  if (s.contentSize > BigInt(contentMax)) throw tooLarge('the sealed content has at most 8 MiB', '/content_size');
  if (s.parts.length > materialsMax) throw tooLarge('at most 64 materials', '/parts');
  const seen = new Set<string>();
  for (const part of s.parts) {
    if (!uuid.test(part.uploadId) || seen.has(part.uploadId)) throw malformed('each part has an upload id of its own', '/parts');
    seen.add(part.uploadId);
    if (part.sha256.length !== 32 || part.materialCode === '' || bytesOf(part.materialCode) > 100) throw malformed('a part has a code and a digest', '/parts');
    if (part.size === 0n || part.size > BigInt(sealedSize(materialMax, headerMax))) throw tooLarge('a material has at most 2 GiB', '/parts');
  }
  if (s.recipients.length === 0 || s.recipients.length > recipientsMax) throw malformed('a dossier has 1 to 16 recipients', '/recipients');
  if (s.recipients.some((id) => id.length !== 32)) throw malformed('a key id has 32 bytes', '/recipients');
}

const sameList = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean => a.length === b.length && a.every((one, i) => equal(one, b[i]!));

// Shape, limits, signature and chain, and that `sealedContent` is what was signed. Codes: dossier.*, seal.*, cms.*, certificate.*.
export async function checkStatement(signedStatement: Uint8Array, sealedContent: Bytes, trust: Trust, at: Date): Promise<CheckedStatement> {
  if (signedStatement.length > statementMax) throw tooLarge('a statement has at most 256 KiB', '/signed_statement');
  if (sealedContent.length > contentMax) throw tooLarge('the sealed content has at most 8 MiB', '/sealed_content');
  const outer = decode(SignedStatementSchema, signedStatement, 'dossier.malformed');
  const { signer, others } = await verifyCms(plain(outer.signature), plain(outer.statement));
  await verifyChain(signer, { roots: trust.roots, intermediates: others }, at);
  const statement = decode(SubmissionStatementSchema, outer.statement, 'dossier.malformed');
  checkShape(statement);
  if (statement.contentSize !== BigInt(sealedContent.length) || !constantTimeEqual(await sha256(sealedContent), statement.contentSha256))
    throw new JinduError('dossier.content_digest', 'the sealed content is not the one that was signed', '/sealed_content');
  const { binding, recipients } = inspectSeal(sealedContent);
  if (binding !== contentBinding(statement.declarationId)) throw new JinduError('seal.binding', 'this seal belongs to something else');
  if (!sameList(recipients, statement.recipients)) throw new JinduError('dossier.recipients', 'the seal has other recipients than the signed statement', '/recipients');
  return { statement, signer };
}

// One sealed part against the statement.
export function checkPart({ parts }: SubmissionStatement, uploadId: string, size: number, digest: Uint8Array): void {
  const part = parts.find((one) => one.uploadId === uploadId);
  if (!part) throw new JinduError('dossier.part_unknown', 'the statement does not name this upload');
  const field = `/materials/${part.materialCode}`;
  if (part.size !== BigInt(size)) throw new JinduError('dossier.part_size', 'the sealed material has another size than was signed', field);
  if (!constantTimeEqual(digest, part.sha256)) throw new JinduError('dossier.part_digest', 'the sealed material is not the one that was signed', field);
}

function checkContent(c: DossierContent): void {
  if (c.version !== 1) throw otherVersion(`version ${c.version} is not known`);
  if (c.formJson.length > formMax) throw tooLarge('a form has at most 2 MiB', '/form');
  if (c.applicant?.kind !== PartyKind.CITIZEN && c.applicant?.kind !== PartyKind.COMPANY) throw malformed('an applicant is a citizen or a company', '/applicant/kind');
  if (c.applicant.name === '' || bytesOf(c.applicant.name) > 800) throw malformed("the applicant's name is missing or too long", '/applicant/name');
  for (const material of c.materials) {
    if (material.sha256.length !== 32 || material.fileKey.length !== 32) throw malformed('digests and keys have 32 bytes', '/materials');
    if (material.size > BigInt(materialMax)) throw tooLarge('a material has at most 2 GiB', '/materials');
    if (material.fileName === '' || bytesOf(material.fileName) > 1020) throw malformed('a file name has 1 to 255 characters', '/materials');
  }
}

function demandAgreement(s: SubmissionStatement, c: DossierContent): void {
  const demand = (holds: boolean, field: string) => {
    if (!holds) throw new JinduError('dossier.disagreement', 'the sealed content and the statement in the clear differ', field);
  };
  demand(c.kind === s.kind, '/kind');
  demand(c.declarationId === s.declarationId, '/declaration_id');
  demand(c.itemId === s.itemId, '/item_id');
  demand(c.itemVersion === s.itemVersion, '/item_version');
  demand(c.signedAtMs === s.signedAtMs, '/signed_at_ms');
  demand(sameList(c.recipients, s.recipients), '/recipients');
  demand(c.materials.length === s.parts.length, '/materials');
  for (const [i, material] of c.materials.entries()) {
    const part = s.parts[i]!;
    demand(material.uploadId === part.uploadId && material.code === part.materialCode && material.sealedSize === part.size && equal(material.sealedSha256, part.sha256), '/materials');
  }
}

// Opens with a recipient's key and checks everything against the statement.
export async function openContent({ statement, signer }: CheckedStatement, sealedContent: Bytes, recipient: Opener): Promise<DossierContent> {
  const outer = decode(SignedContentSchema, await openSeal(sealedContent, recipient, contentBinding(statement.declarationId)), 'dossier.malformed');
  const inside = await verifyCms(plain(outer.signature), plain(outer.content));
  const content = decode(DossierContentSchema, outer.content, 'dossier.malformed');
  // Trust in the certificate was established with the statement; the same one must have signed here.
  if (!equal(inside.signer.der, signer.der) || !equal(signer.der, content.applicant?.certificate ?? new Uint8Array(0)))
    throw new JinduError('dossier.signer', 'content, statement and applicant have different certificates');
  checkContent(content);
  demandAgreement(statement, content);
  return content;
}

export async function openMaterial(declaration: string, material: Material, sealed: Uint8Array): Promise<Bytes> {
  const bytes = await openSeal(sealed, { fileKey: material.fileKey }, materialBinding(declaration, material.uploadId));
  if (material.size !== BigInt(bytes.length)) throw new JinduError('seal.size', 'it has another size than declared');
  if (!constantTimeEqual(await sha256(bytes), material.sha256)) throw new JinduError('seal.digest', 'the plaintext has another digest than declared');
  return bytes;
}
