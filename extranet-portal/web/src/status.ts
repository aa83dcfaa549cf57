// What a declaration's status means to its applicant: its colour, and how far the whole has come.
export type Tone = 'flow' | 'good' | 'warn' | 'bad' | '';
const tones: Readonly<Record<string, Tone>> = {
  draft: '', submitted: 'flow', in_transit: 'flow', received: 'flow', accepted: 'flow', initial_review: 'flow', re_review: 'flow', determination: 'flow', notification: 'flow',
  supplement_requested: 'warn', stopped: 'warn', granted: 'good', returned: 'bad', not_accepted: 'bad', refused: 'bad', withdrawn: '', terminated: '',
};
export const toneOf = (status: string): Tone => tones[status] ?? '';

const closed = new Set(['returned', 'not_accepted', 'granted', 'refused', 'withdrawn', 'terminated']);
export const isClosed = (status: string): boolean => closed.has(status);

// What ends with a paper is told before the paper is here: each is a bundle of its own, and the paper's may be held or carried later.
const paperOf: Readonly<Record<string, string>> = { returned: 'returned', not_accepted: 'not_accepted', granted: 'decision', refused: 'decision' };
export function awaitsPaper(status: string, notices: readonly { readonly kind: string }[]): boolean {
  const paper = paperOf[status];
  return paper !== undefined && !notices.some(({ kind }) => kind === paper);
}

// Until it is accepted, the date that is due is that of the answer whether it is; only then does the promised limit run.
const unanswered = new Set(['draft', 'submitted', 'in_transit', 'stopped', 'received', 'supplement_requested']);
export const awaitsAcceptance = (status: string): boolean => unanswered.has(status);

// The stations an application passes; where it is now, and where it ended if it ended early.
export const stations = ['submitted', 'received', 'accepted', 'review', 'decided'] as const;
export type Station = (typeof stations)[number];
const stationOf: Readonly<Record<string, Station>> = {
  submitted: 'submitted', in_transit: 'submitted', stopped: 'submitted', received: 'received', returned: 'received', supplement_requested: 'received', not_accepted: 'received',
  accepted: 'accepted', initial_review: 'review', re_review: 'review', determination: 'review', notification: 'decided', granted: 'decided', refused: 'decided', withdrawn: 'received', terminated: 'review',
};
export interface Passed {
  readonly station: Station;
  readonly state: 'past' | 'now' | 'ahead' | 'ended';
  readonly at: number | undefined;
}
export function progressOf(status: string, steps: readonly { readonly status: string; readonly at: number }[]): Passed[] {
  const current = stations.indexOf(stationOf[status] ?? 'submitted');
  const early = isClosed(status) && !['granted', 'refused'].includes(status);
  return stations.map((station, i) => ({
    station,
    state: i < current ? 'past' : i > current ? 'ahead' : early ? 'ended' : isClosed(status) ? 'past' : 'now',
    at: steps.find((step) => stationOf[step.status] === station)?.at,
  }));
}

// One line of time for both networks. A declaration's steps are told by the portal and by the intranet, its transit by each party on the way.
export interface TransitSummary {
  readonly rung: string;
  readonly side: 'public' | 'between' | 'isolated';
  readonly done: number; // bundles that have got so far
  readonly all: number;
  readonly at: number | undefined; // when the last of them did
}
interface Rung {
  readonly bundle_id: string;
  readonly kind: string;
  readonly rung: string;
  readonly party: string;
  readonly at: number;
  readonly code: string;
  readonly sent_anew: boolean;
}
const rungs: readonly (readonly [string, TransitSummary['side']])[] = [['stored', 'public'], ['verified', 'public'], ['carried', 'between'], ['delivered', 'isolated'], ['applied', 'isolated']];
// A rung may be passed without being told: one that is higher includes it.
const rank = (rung: string): number => ({ released: 1, held: 1 } as Record<string, number>)[rung] ?? rungs.findIndex(([name]) => name === rung);

// What was stopped and sent anew counts by the bundle that it goes with now; `anew` is how many were.
export function transitOf(told: readonly Rung[]): { readonly rungs: TransitSummary[]; readonly troubles: Rung[]; readonly anew: number } {
  const bundles = new Map<string, Rung[]>();
  for (const one of told) if (!one.sent_anew) bundles.set(one.bundle_id, [...(bundles.get(one.bundle_id) ?? []), one]);
  const all = bundles.size;
  const summary = rungs.map(([rung, side], i) => {
    const reached = [...bundles.values()].map((own) => own.filter((one) => rank(one.rung) >= i).sort((a, b) => a.at - b.at)[0]).filter((one): one is Rung => !!one);
    return { rung, side, done: reached.length, all, at: reached.length > 0 ? Math.max(...reached.map(({ at }) => at)) : undefined };
  });
  const troubles = [...bundles.values()].flatMap((own) => {
    const last = own.reduce((a, b) => (b.at >= a.at ? b : a));
    return ['held', 'refused', 'quarantined', 'expired'].includes(last.rung) ? [last] : [];
  });
  return { rungs: summary, troubles, anew: new Set(told.filter(({ sent_anew }) => sent_anew).map(({ bundle_id }) => bundle_id)).size };
}

// Each bundle once, in the order in which they were made: what the exchange's operators know a message by.
export function bundlesOf(told: readonly Rung[]): { readonly bundle_id: string; readonly kind: string }[] {
  return [...new Map(told.map(({ bundle_id, kind }) => [bundle_id, { bundle_id, kind }])).values()];
}
