import { describe, expect, it } from 'vitest';
import { stoppedByCase, whyKey } from '../src/stopped.ts';

const of = { case_id: 'c', declaration_number: 'JD1', applicant_name: '王小明', may_send_anew: true };
const bundle = (bundle_id: string, more: object = {}) => ({ bundle_id, kind: 'notice', rung: 'quarantined' as const, party: 'gateway-inner', code: 'policy.forbidden', at: 1, kept: true, ...more });

describe('what was stopped on its way to the portal', () => {
  it('is told once for each case, with why of the newest and all that is missing', () => {
    const told = stoppedByCase([bundle('a', { case: of, at: 5, code: 'policy.too_large' }), bundle('b', { case: of, kind: 'document', at: 3 }), bundle('d', { case: of, at: 2 })]);
    expect(told).toMatchObject([{ key: 'c', kinds: ['notice', 'document'], code: 'policy.too_large', at: 5, lost: false }]);
  });
  it('is told by its bundle where it is about no case, and says when nothing of it is kept', () => {
    const told = stoppedByCase([bundle('a', { kind: 'catalogue' }), bundle('b', { case: of }), bundle('d', { case: of, kept: false }), bundle('e', { case: { ...of, case_id: 'gone' }, kept: false })]);
    expect(told.map(({ key, lost }) => [key, lost])).toEqual([['a', false], ['c', false], ['gone', true]]);
  });
  it('says why by its code, or else by what happened', () => {
    const has = (key: string) => key === 'stopped_why.policy.forbidden';
    expect(whyKey({ rung: 'quarantined', code: 'policy.forbidden' }, has)).toBe('stopped_why.policy.forbidden');
    expect(whyKey({ rung: 'expired', code: 'strange' }, has)).toBe('stopped_why.expired');
    expect(whyKey({ rung: 'refused', code: '' }, () => false)).toBe('stopped_why.refused');
  });
});
