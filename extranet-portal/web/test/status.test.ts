import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { awaitsAcceptance, awaitsPaper, bundlesOf, isClosed, progressOf, stations, toneOf, transitOf } from '../src/status.ts';

const api = JSON.parse(readFileSync(resolve(process.cwd(), '../../extranet-portal/api/openapi.json'), 'utf8')) as { components: { schemas: { Status: { enum: string[] } } } };
const statuses = api.components.schemas.Status.enum;
const shown = (status: string) => progressOf(status, []).map(({ state }) => state).join(' ');

describe('the progress of a declaration', () => {
  it('has a place for every status that the portal may tell, and exactly one place at a time', () => {
    expect(statuses).toContain('supplement_requested');
    for (const status of statuses) {
      const states = progressOf(status, []).map(({ state }) => state);
      const here = states.filter((state) => state === 'now' || state === 'ended').length;
      expect(here, status).toBe(['granted', 'refused'].includes(status) ? 0 : 1);
      // What is behind lies before what is ahead.
      expect([...states].sort((a, b) => order(a) - order(b)), status).toEqual(states);
    }
    function order(state: string): number {
      return { past: 0, now: 1, ended: 1, ahead: 2 }[state]!;
    }
  });
  it('stands where the declaration is', () => {
    expect(shown('submitted')).toBe('now ahead ahead ahead ahead');
    expect(shown('in_transit')).toBe('now ahead ahead ahead ahead');
    expect(shown('stopped')).toBe('now ahead ahead ahead ahead');
    expect(shown('supplement_requested')).toBe('past now ahead ahead ahead');
    expect(shown('re_review')).toBe('past past past now ahead');
    expect(shown('notification')).toBe('past past past past now');
  });
  it('is whole once there is a decision, whichever it is', () => {
    for (const status of ['granted', 'refused']) expect(shown(status)).toBe('past past past past past');
  });
  it('ends where it was broken off', () => {
    expect(shown('returned')).toBe('past ended ahead ahead ahead');
    expect(shown('not_accepted')).toBe('past ended ahead ahead ahead');
    expect(shown('terminated')).toBe('past past past ended ahead');
  });
  it('says when each station was first reached', () => {
    const steps = [{ status: 'submitted', at: 10 }, { status: 'in_transit', at: 11 }, { status: 'received', at: 20 }, { status: 'supplement_requested', at: 25 }, { status: 'accepted', at: 30 }, { status: 'initial_review', at: 30 }];
    expect(progressOf('initial_review', steps).map(({ at }) => at)).toEqual([10, 20, 30, 30, undefined]);
  });
  it('begins at the start for a status it does not know, rather than nowhere', () => {
    expect(shown('of a later release')).toBe('now ahead ahead ahead ahead');
    expect(progressOf('x', [])).toHaveLength(stations.length);
  });
});

describe('what a status means', () => {
  it('is that nothing more comes, for six of them', () => {
    expect(statuses.filter(isClosed).sort()).toEqual(['granted', 'not_accepted', 'refused', 'returned', 'terminated', 'withdrawn']);
  });
  it('is that a paper is still to come, for what ends with one, until that one is here', () => {
    expect(statuses.filter((status) => awaitsPaper(status, [])).sort()).toEqual(['granted', 'not_accepted', 'refused', 'returned']);
    const accepted = { kind: 'accepted' }, decision = { kind: 'decision' };
    expect(awaitsPaper('granted', [accepted])).toBe(true);
    expect(awaitsPaper('refused', [accepted, decision])).toBe(false);
    expect(awaitsPaper('returned', [{ kind: 'returned' }])).toBe(false);
    expect(awaitsPaper('not_accepted', [{ kind: 'supplement' }])).toBe(true);
    expect(awaitsPaper('initial_review', [])).toBe(false);
  });
  it('is that the answer on acceptance is due, until it is given', () => {
    expect(statuses.filter(awaitsAcceptance).sort()).toEqual(['in_transit', 'received', 'stopped', 'submitted', 'supplement_requested']);
  });
  it('is good only when granted, bad only when it ended against the applicant, and a warning when something is to be done or does not go on', () => {
    expect(statuses.filter((one) => toneOf(one) === 'good')).toEqual(['granted']);
    expect(statuses.filter((one) => toneOf(one) === 'bad').sort()).toEqual(['not_accepted', 'refused', 'returned']);
    expect(statuses.filter((one) => toneOf(one) === 'warn').sort()).toEqual(['stopped', 'supplement_requested']);
  });
});

describe('the transit between both networks', () => {
  it('names each bundle once, for who asks where it is', () => {
    const rung = (bundle_id: string, kind: string, name: string) => ({ bundle_id, kind, rung: name, party: 'gateway-outer', at: 1, code: '', sent_anew: false });
    expect(bundlesOf([])).toEqual([]);
    expect(bundlesOf([rung('a', 'material', 'stored'), rung('a', 'material', 'verified'), rung('b', 'dossier', 'stored')])).toEqual([{ bundle_id: 'a', kind: 'material' }, { bundle_id: 'b', kind: 'dossier' }]);
  });
  const told = (bundle_id: string, rung: string, at: number, code = '', sent_anew = false) => ({ bundle_id, kind: 'dossier', rung, party: 'gateway-outer', at, code, sent_anew });
  const counts = (rungs: ReturnType<typeof transitOf>['rungs']) => rungs.map(({ rung, done, all }) => `${rung} ${done}/${all}`).join(', ');

  it('counts bundles, not statements', () => {
    const { rungs, troubles } = transitOf([told('a', 'stored', 1), told('a', 'stored', 1), told('b', 'stored', 2), told('a', 'verified', 3)]);
    expect(counts(rungs)).toBe('stored 2/2, verified 1/2, carried 0/2, delivered 0/2, applied 0/2');
    expect(troubles).toEqual([]);
  });
  it('takes a higher rung for all below it, with the time when it was told', () => {
    const { rungs } = transitOf([told('a', 'delivered', 7)]);
    expect(counts(rungs)).toBe('stored 1/1, verified 1/1, carried 1/1, delivered 1/1, applied 0/1');
    expect(rungs.map(({ at }) => at)).toEqual([7, 7, 7, 7, undefined]);
  });
  it('says of each rung when the last bundle reached it, not when one of them went beyond', () => {
    const { rungs } = transitOf([told('a', 'stored', 1), told('a', 'applied', 9), told('b', 'stored', 4)]);
    expect(rungs[0]).toMatchObject({ rung: 'stored', done: 2, at: 4 });
  });
  it('is verified while it is held, and a hold that was released is no trouble any more', () => {
    const held = transitOf([told('a', 'stored', 1), told('a', 'held', 2, 'policy.hold')]);
    expect(counts(held.rungs)).toBe('stored 1/1, verified 1/1, carried 0/1, delivered 0/1, applied 0/1');
    expect(held.troubles).toMatchObject([{ rung: 'held', code: 'policy.hold' }]);
    expect(transitOf([told('a', 'held', 2), told('a', 'released', 3)]).troubles).toEqual([]);
  });
  it('names each bundle that was refused, put aside or came too late, once', () => {
    const { troubles } = transitOf([told('a', 'stored', 1), told('a', 'refused', 2), told('b', 'quarantined', 2), told('c', 'expired', 2), told('d', 'applied', 2)]);
    expect(troubles.map(({ bundle_id, rung }) => `${bundle_id} ${rung}`)).toEqual(['a refused', 'b quarantined', 'c expired']);
  });
  it('counts what was stopped and sent anew by the bundle that it goes with now, and it is no trouble any more', () => {
    const { rungs, troubles, anew } = transitOf([told('a', 'stored', 1, '', true), told('a', 'quarantined', 2, 'policy.forbidden', true), told('b', 'stored', 3), told('b', 'applied', 4)]);
    expect(counts(rungs)).toBe('stored 1/1, verified 1/1, carried 1/1, delivered 1/1, applied 1/1');
    expect(troubles).toEqual([]);
    expect(anew).toBe(1);
    expect(transitOf([told('a', 'quarantined', 2), told('b', 'stored', 3)])).toMatchObject({ anew: 0, troubles: [{ bundle_id: 'a' }] });
  });
  it('begins with nothing', () => {
    expect(transitOf([]).rungs.every(({ done, all, at }) => done === 0 && all === 0 && at === undefined)).toBe(true);
  });
});
