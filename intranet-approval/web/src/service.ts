// The approval service: one client for all pages, and the names of what it answers.
import type { components, paths } from '@api/intranet-approval';
import { Client, type Problem } from '@common/api.ts';
import { shallowRef } from 'vue';

type Schemas = components['schemas'];
export type Me = Schemas['Me'];
export type Text = Schemas['Text'];
export type Finding = Schemas['Finding'];
export type Due = Schemas['Due'];
export type WorklistEntry = Schemas['WorklistEntry'];
export type Worklist = Schemas['Worklist'];
export type WorklistQuery = NonNullable<paths['/api/v1/worklist']['get']['parameters']['query']>;
export type CaseView = Schemas['Case'];
export type CaseEvent = Schemas['Event'];
export type Material = Schemas['Material'];
export type Clock = Schemas['Clock'];
export type Transit = Schemas['Transit'];
export type IssuedDocument = Schemas['Document'];
export type CommandName = Schemas['CommandName'];
export type Outcome = Schemas['Outcome'];
export type Status = Schemas['Status'];
export type SupplementItem = Schemas['SupplementItem'];
export type Command = Schemas['Command'];
export type AllowedCommand = Schemas['AllowedCommand'];
export type CatalogueSummary = Schemas['CatalogueSummary'];
export type CatalogueCheck = Schemas['CatalogueCheck'];
export type Overview = Schemas['Overview'];
export type Exchange = Schemas['Exchange'];

// Whether the last request came through; shown in the header.
export const reachable = shallowRef(true);
// Who asks is no longer let in: the certificate is missing, expired, or not in the register.
export const shutOut = shallowRef<Problem>();

export const service = new Client<paths>({
  onReach: (now) => (reachable.value = now),
  onProblem: (problem) => {
    if (problem.status === 401 || problem.code === 'official.not_registered') shutOut.value = problem;
  },
});
