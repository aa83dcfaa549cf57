// A draft: what an applicant has filled in so far, sealed to himself. It is saved at the portal; while that cannot be reached, in this browser.
import { base64, fromBase64, textOf, utf8 } from '@common/bytes.ts';
import { JinduError } from '@common/errors.ts';
import type { Json } from '@common/forms.ts';
import { type Identity, recipientOfCertificate } from '@common/identity.ts';
import { openSeal, seal } from '@common/seal.ts';
import { api } from '../service.ts';
import { keptLocally } from './local.ts';

// A material as the draft knows it. With key and salt an interrupted upload goes on; without them nobody opens it.
export interface DraftMaterial {
  readonly code: string;
  readonly upload_id: string;
  readonly file_name: string;
  readonly media_type: string;
  readonly size: number;
  readonly file_key: string; // base64
  readonly salt: string;
  readonly fingerprint: string; // tells the same file from another, see fingerprintOf()
  readonly sealed_size: number;
  // Once it is uploaded to its end.
  readonly sha256?: string;
  readonly sealed_sha256?: string;
  // Submitted before with this declaration, and on the intranet already.
  readonly earlier?: true;
}
export interface DraftContent {
  readonly version: 1;
  readonly item_id: string;
  readonly item_version: number;
  readonly form: Json;
  readonly id_number: string;
  readonly phone: string;
  readonly materials: readonly DraftMaterial[];
  readonly answers_notice_id: string; // of a supplement
  readonly saved_at: number;
}

const binding = (account: string, declaration: string): string => `draft/${account}/${declaration}`;

export async function sealDraft(content: DraftContent, account: string, declaration: string, key: Identity): Promise<string> {
  return base64(await seal([await recipientOfCertificate(key.certificate)], binding(account, declaration), utf8(JSON.stringify(content))));
}
export async function openDraft(sealed: string, account: string, declaration: string, key: Identity): Promise<DraftContent> {
  const content = JSON.parse(textOf(await openSeal(fromBase64(sealed), key.opener, binding(account, declaration)))) as DraftContent;
  if (content.version !== 1) throw new JinduError('draft.format', 'a draft of a newer page');
  return content;
}

export interface Found {
  readonly content: DraftContent;
  readonly version: number; // at the portal; 0: not there yet
}
// The newer of what the portal has and what this browser kept. undefined: there is none.
export async function loadDraft(declaration: string, account: string, key: Identity, signal: AbortSignal): Promise<Found | undefined> {
  const stored = await api.get('/api/v1/drafts/{declaration_id}', { path: { declaration_id: declaration }, signal }).catch((error: unknown) => {
    if (error instanceof JinduError && error.code === 'draft.unknown') return undefined;
    throw error;
  });
  const atPortal = stored && { content: await openDraft(stored.sealed, account, declaration, key), version: stored.version };
  const kept = keptLocally(declaration);
  const here = kept && (await openDraft(kept, account, declaration, key).catch(() => undefined));
  if (here && (!atPortal || here.saved_at > atPortal.content.saved_at)) return { content: here, version: atPortal?.version ?? 0 };
  return atPortal;
}
