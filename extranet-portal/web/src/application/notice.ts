// A notice, opened with the applicant's key.
import { JinduError } from '@common/errors.ts';
import type { Identity } from '@common/identity.ts';
import { decode } from '@common/messages.ts';
import { openSeal } from '@common/seal.ts';
import { type NoticeContent, NoticeContentSchema } from '@proto/payload_pb.ts';
import { api } from '../service.ts';

export async function openNotice(declaration: string, notice: string, key: Identity): Promise<NoticeContent> {
  const sealed = await api.bytes('/api/v1/declarations/{declaration_id}/notices/{notice_id}', { path: { declaration_id: declaration, notice_id: notice } });
  const content = decode(NoticeContentSchema, await openSeal(sealed, key.opener, `notice/${declaration}/${notice}`));
  if (content.declarationId !== declaration || content.noticeId !== notice) throw new JinduError('notice.other', 'the notice is about something else');
  return content;
}
