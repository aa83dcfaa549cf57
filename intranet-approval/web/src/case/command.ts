// Giving a command: never twice, never on an outdated case, and nothing written is lost when it does not work.
import { Problem } from '@common/api.ts';
import { ref, shallowRef } from 'vue';
import { type CaseView, type Command, type CommandName, service } from '../service.ts';
import { countMine } from '../mine.ts';

type Asked = Omit<Command, 'command_id' | 'command' | 'expected_sequence'>;
export interface Done {
  readonly command: CommandName;
  readonly view: CaseView;
}

// Another official was faster, or the applicant was: the case is not what the dialog was opened on.
const overtaken = new Set(['case.moved_on', 'case.closed', 'case.stage', 'decision.record', 'case.waiting_for_applicant']);

export function useCommand(reload: () => Promise<CaseView>) {
  const busy = ref(false);
  const error = shallowRef<unknown>();
  // What happened meanwhile; the dialog stays open with all that was written.
  const overtakenBy = shallowRef<CaseView['events']>();
  // The same request keeps its id, so that repeating it after silence does no harm.
  let last = { request: '', id: '' };

  async function give(view: CaseView, command: CommandName, asked: Asked, sequence = view.sequence): Promise<Done | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    error.value = undefined;
    overtakenBy.value = undefined;
    const body = { command, expected_sequence: sequence, ...asked };
    const request = JSON.stringify(body);
    if (last.request !== request) last = { request, id: crypto.randomUUID() };
    try {
      await service.post('/api/v1/cases/{id}/commands', { path: { id: view.case_id }, json: { ...body, command_id: last.id }, repeatable: true, timeoutMs: 60_000 });
      const now = await reload();
      countMine().catch(() => undefined); // only a number in the header
      return { command, view: now };
    } catch (failure) {
      error.value = failure;
      if (failure instanceof Problem && overtaken.has(failure.code)) {
        const now = await reload().catch(() => undefined);
        if (now && now.sequence > view.sequence) overtakenBy.value = now.events.filter((event) => event.sequence > view.sequence);
      }
      return undefined;
    } finally {
      busy.value = false;
    }
  }
  return { busy, error, overtakenBy, give };
}

// What was begun and not sent stays in this page's memory, by case and command.
const drafts = new Map<string, unknown>();
export function draftOf<T extends object>(caseId: string, command: CommandName, empty: T): T {
  return (drafts.get(`${caseId} ${command}`) as T | undefined) ?? empty;
}
export const keepDraft = (caseId: string, command: CommandName, draft: object): void => void drafts.set(`${caseId} ${command}`, draft);
export const dropDraft = (caseId: string, command: CommandName): void => void drafts.delete(`${caseId} ${command}`);
