// The unit's console interface: one client for all pages, and the names of what it answers.
import type { components, paths } from '@api/exchange-gateway';
import { Client, type Problem } from '@common/api.ts';
import { shallowRef } from 'vue';

type Schemas = components['schemas'];
export type Me = Schemas['Me'];
export type Overview = Schemas['Overview'];
export type Channel = Schemas['Channel'];
export type Alarm = Schemas['Alarm'];
export type Bundle = Schemas['Bundle'];
export type BundleDetail = Schemas['BundleDetail'];
export type BundleQuery = NonNullable<paths['/api/v1/bundles']['get']['parameters']['query']>;
export type Quarantined = Schemas['Quarantined'];
export type QuarantinedDetail = Schemas['QuarantinedDetail'];
export type Dismissed = Schemas['Dismissed'];
export type Voyage = Schemas['Voyage'];
export type VoyageSummary = Schemas['VoyageSummary'];
export type Policy = Schemas['Policy'];
export type Explanation = Schemas['Explanation'];
export type Stretch = Schemas['Stretch'];
export type StretchDetail = Schemas['StretchDetail'];
export type Act = Schemas['Act'];
export type Log = Schemas['Log'];

export const reachable = shallowRef(true);
// Who asks is not let in: the certificate is missing, or not in the register.
export const shutOut = shallowRef<Problem>();

export const service = new Client<paths>({
  onReach: (now) => (reachable.value = now),
  onProblem: (problem) => {
    if (problem.status === 401 || problem.code === 'console.not_registered') shutOut.value = problem;
  },
});
