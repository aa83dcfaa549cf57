import type { Due } from './service.ts';

export type Urgency = 'late' | 'soon' | 'calm';
// As the service counts "soon" in its overview.
export const soonWorkingDays = 2;
export const urgencyOf = (due: Pick<Due, 'overdue' | 'working_days_left'>): Urgency => (due.overdue ? 'late' : due.working_days_left <= soonWorkingDays ? 'soon' : 'calm');
