// The decision as it would look, marked as a preview by the service.
import { Problem } from '@common/api.ts';
import type { Outcome } from '../service.ts';

export async function decisionPreview(caseId: string, choice: { outcome: Outcome; opinion: string; reasons: string }, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(`/api/v1/cases/${encodeURIComponent(caseId)}/decision-preview`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/pdf, application/problem+json', 'X-Requested-With': 'jindu' },
    body: JSON.stringify(choice),
    signal,
  });
  if (response.ok) return response.blob();
  const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string; field?: string; request_id?: string };
  throw new Problem(response.status, problem.code ?? `http.${response.status}`, problem.detail ?? response.statusText, problem.field, problem.request_id);
}
