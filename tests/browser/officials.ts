// Officials as programs: they act on cases by the approval system's API with their own certificates, where a test is about something else than their pages.
import { readFileSync } from 'node:fs';
import { type APIRequestContext, request } from 'playwright-core';
import { base64, fromBase64, plain } from '@common/bytes.ts';
import { signCms } from '@common/cms.ts';
import { openPkcs12 } from '@common/pkcs12.ts';
import { type Access, official, until } from './support.ts';

interface CaseState {
  readonly sequence: number;
  readonly status: string;
  readonly form: Record<string, unknown>;
  readonly materials: readonly { readonly file_name: string }[];
}

export class Official {
  private constructor(
    private readonly access: Access,
    private readonly name: string,
    private readonly context: APIRequestContext,
  ) {}

  // `name`: of the files in pki/officials.
  static async enter(access: Access, name: string): Promise<Official> {
    const context = await request.newContext({
      baseURL: access.approval, ignoreHTTPSErrors: true,
      clientCertificates: [{ origin: access.approval, pfxPath: official(access, name), passphrase: access.passphrase }],
      extraHTTPHeaders: { 'X-Requested-With': 'jindu', Origin: access.approval },
    });
    return new Official(access, name, context);
  }
  leave(): Promise<void> {
    return this.context.dispose();
  }

  private async ask<T>(method: 'get' | 'post', path: string, data?: object): Promise<T> {
    const response = await this.context[method](path, data ? { data } : {});
    if (!response.ok()) throw new Error(`${this.name}: ${method} ${path}: ${response.status()} ${await response.text()}`);
    return (await response.json()) as T;
  }
  // Waits until the case has come over the exchange.
  caseOf(id: string, seconds = 60): Promise<CaseState> {
    return until(`the case ${id} on the intranet`, seconds, async () => {
      const response = await this.context.get(`/api/v1/cases/${id}`);
      return response.ok() ? ((await response.json()) as CaseState) : undefined;
    });
  }
  async command(id: string, command: Record<string, unknown>): Promise<void> {
    const { sequence } = await this.caseOf(id);
    await this.ask('post', `/api/v1/cases/${id}/commands`, { command_id: crypto.randomUUID(), expected_sequence: sequence, ...command });
  }
  // Signs the record of the decision with the official's own key.
  async determine(id: string, outcome: 'grant' | 'refuse', reasons = ''): Promise<void> {
    const opinion = '同意复审意见。';
    const draft = await this.ask<{ record: string; expected_sequence: number }>('post', `/api/v1/cases/${id}/decision-draft`, { outcome, opinion, reasons });
    const key = await openPkcs12(plain(new Uint8Array(readFileSync(official(this.access, this.name)))), this.access.passphrase);
    await this.ask('post', `/api/v1/cases/${id}/commands`, {
      command_id: crypto.randomUUID(), expected_sequence: draft.expected_sequence, command: 'determine', outcome, opinion, reasons, record: draft.record,
      signature: base64(await signCms(fromBase64(draft.record), key)),
    });
  }
}

// From acceptance to notification, each by the official whose turn it is.
export async function decide(access: Access, department: string, id: string, outcome: 'grant' | 'refuse', reasons = ''): Promise<void> {
  const [acceptor, reviewer, rereviewer, determiner] = await Promise.all(['acceptor', 'reviewer', 'rereviewer', 'determiner'].map((role) => Official.enter(access, `${department}-${role}`)));
  await acceptor!.command(id, { command: 'accept', opinion: '材料齐全，符合法定形式，予以受理。' });
  await reviewer!.command(id, { command: 'review', opinion: '经初审，提出意见如建议。', recommendation: outcome });
  await rereviewer!.command(id, { command: 'review', opinion: '复审同意初审意见。', recommendation: outcome });
  await determiner!.determine(id, outcome, reasons);
  await acceptor!.command(id, { command: 'notify', opinion: '已送达。' });
  await Promise.all([acceptor, reviewer, rereviewer, determiner].map((one) => one!.leave()));
}
