// What a worklist is asked for, as it stands in the address bar.
import type { LocationQuery, LocationQueryRaw } from 'vue-router';
import type { Status, WorklistQuery } from '../service.ts';

export const scopes = ['mine', 'department', 'closed'] as const;
export const dues = ['overdue', 'today', 'soon'] as const;
export const sorts = ['due', 'received', '-received'] as const;
export const openStatuses = ['received', 'supplement_requested', 'initial_review', 're_review', 'determination', 'notification'] as const satisfies readonly Status[];
export const closedStatuses = ['granted', 'refused', 'not_accepted', 'returned'] as const satisfies readonly Status[];

export interface Filters {
  readonly scope: (typeof scopes)[number];
  readonly stage: string;
  readonly status: Status | '';
  readonly item: string;
  readonly due: (typeof dues)[number] | '';
  readonly sort: (typeof sorts)[number];
  readonly q: string;
}
export const searchLengthMin = 2;

const one = (value: LocationQuery[string] | undefined): string => String((Array.isArray(value) ? value[0] : value) ?? '');
const among = <T extends string, Else extends string>(value: string, allowed: readonly T[], otherwise: Else): T | Else => allowed.find((word) => word === value) ?? otherwise;

// What somebody wrote into the address bar that we do not know is as if it were not there.
export function filtersOf(query: LocationQuery): Filters {
  const scope = among(one(query['scope']), scopes, 'mine');
  return {
    scope,
    stage: scope === 'closed' ? '' : one(query['stage']),
    status: among(one(query['status']), [...openStatuses, ...closedStatuses] as Status[], ''),
    item: one(query['item']),
    due: scope === 'closed' ? '' : among(one(query['due']), dues, ''),
    sort: among(one(query['sort']), sorts, scope === 'closed' ? '-received' : 'due'),
    q: one(query['q']).slice(0, 60),
  };
}

export function queryOf(filters: Filters): LocationQueryRaw {
  const usual = { scope: 'mine', sort: filters.scope === 'closed' ? '-received' : 'due' } as Record<string, string>;
  return Object.fromEntries(Object.entries(filters).filter(([name, value]) => value !== '' && value !== usual[name]));
}

export function askOf({ q, stage, status, item, due, ...rest }: Filters, limit: number, cursor?: string): WorklistQuery {
  return {
    ...rest,
    limit,
    ...(stage && { stage }),
    ...(status && { status }),
    ...(item && { item }),
    ...(due && { due }),
    ...([...q.trim()].length >= searchLengthMin && { q: q.trim() }),
    ...(cursor && { cursor }),
  };
}
export const isNarrowed = (f: Filters): boolean => !!(f.stage || f.status || f.item || f.due || f.q);
