// What was stopped on its way to the portal, told for people: once for each case, with all that is missing of it.
import type { Exchange } from './service.ts';

type StoppedBundle = Exchange['stopped'][number];
export interface Stopped {
  readonly key: string;
  readonly of: StoppedBundle['case'];
  readonly kinds: readonly string[];
  readonly rung: string; // why, of the newest
  readonly code: string;
  readonly at: number;
  readonly lost: boolean; // nothing of it is kept any more
}
export function stoppedByCase(bundles: readonly StoppedBundle[]): Stopped[] {
  const groups = new Map<string, StoppedBundle[]>();
  for (const one of bundles) {
    const key = one.case?.case_id ?? one.bundle_id;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups].map(([key, all]) => {
    const newest = all.reduce((a, b) => (b.at > a.at ? b : a));
    return { key, of: newest.case, kinds: [...new Set(all.map(({ kind }) => kind))], rung: newest.rung, code: newest.code, at: newest.at, lost: all.every(({ kept }) => !kept) };
  });
}

// The key of the sentence that says why: by the code where there is one, else by what happened.
export const whyKey = (one: { readonly rung: string; readonly code: string }, has: (key: string) => boolean): string =>
  has(`stopped_why.${one.code}`) ? `stopped_why.${one.code}` : `stopped_why.${one.rung}`;
