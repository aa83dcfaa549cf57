// The portal's API, with what a session needs. What happens to every answer happens here: the session's end is noticed, and whether the network is there.
import type { components, paths } from '@api/extranet-portal.ts';
import { Client } from '@common/api.ts';
import { reactive } from 'vue';

export type Schemas = components['schemas'];
export type Item = Schemas['Item'];
export type ItemSummary = Schemas['ItemSummary'];
export type Declaration = Schemas['Declaration'];
export type DeclarationSummary = Schemas['DeclarationSummary'];
export type Account = Schemas['Account'];
export type MaterialRule = Schemas['MaterialRule'];

export const reach = reactive({ network: true });
export const token = { csrf: '' };
let sessionEnded: () => void = () => undefined;
export const whenSessionEnds = (tell: () => void): void => {
  sessionEnded = tell;
};

export const api = new Client<paths>({
  headers: (): Record<string, string> => (token.csrf ? { 'X-CSRF-Token': token.csrf } : {}),
  onProblem: (problem) => {
    if (problem.code === 'session.required') sessionEnded();
  },
  onReach: (reachable) => {
    reach.network = reachable;
  },
});
