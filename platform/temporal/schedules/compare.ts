import { schedulePauseNote, workflowType } from '../../../model/names.ts';
import { type AppliedSchedule, startsWords } from './decode.ts';
import { type DesiredSchedule, startInput } from './encode.ts';
import { type ScheduleWords, scheduleWords } from './words.ts';

export interface FieldChange {
  readonly field: keyof ScheduleWords | 'paused';
  /** Null for a schedule that is new. */
  readonly from: string | null;
  readonly to: string;
}

/** What `schedule apply` has to do about one schedule. */
export interface ScheduleChange {
  readonly sync: string;
  /** `orphan`: no file of the project asks for it. */
  readonly action: 'create' | 'change' | 'unchanged' | 'orphan';
  readonly fields: readonly FieldChange[];
}

export const desiredWords = ({ sync, schedule, taskQueue, sides }: DesiredSchedule): ScheduleWords =>
  scheduleWords(schedule, startsWords(workflowType.sync, taskQueue, startInput(sync, schedule.overlap), sides));

/**
 * The files against the server. What a person paused stays paused; what the file paused goes on when the file no longer
 * says so. Pure.
 */
export function compareSchedules(
  desired: readonly DesiredSchedule[],
  applied: readonly AppliedSchedule[],
): readonly ScheduleChange[] {
  const bySync = new Map(applied.map((one) => [one.sync, one]));
  const wanted = new Set(desired.map(({ sync }) => sync));
  const orphans = applied.filter(({ sync }) => !wanted.has(sync));
  return [
    ...desired.map((one) => compareOne(one, bySync.get(one.sync))),
    ...orphans.map(({ sync }): ScheduleChange => ({ sync, action: 'orphan', fields: [] })),
  ].sort((a, b) => (a.sync < b.sync ? -1 : 1));
}

function compareOne(desired: DesiredSchedule, applied: AppliedSchedule | undefined): ScheduleChange {
  const words = desiredWords(desired);
  const names = Object.keys(words) as (keyof ScheduleWords)[];
  const fields: FieldChange[] = names
    .filter((field) => words[field] !== applied?.words[field])
    .map((field) => ({ field, from: applied?.words[field] ?? null, to: words[field] }));
  const paused = pausedAfter(desired, applied);
  if (paused !== (applied?.paused ?? false))
    fields.push({ field: 'paused', from: applied ? yesNo(applied.paused) : null, to: yesNo(paused) });
  const action = !applied ? 'create' : fields.length > 0 ? 'change' : 'unchanged';
  return { sync: desired.sync, action, fields };
}

/** A pause in the file holds; one by a person stays; one that the file once asked for ends with it. */
export const pausedAfter = ({ schedule }: DesiredSchedule, applied: AppliedSchedule | undefined): boolean =>
  schedule.paused || (applied?.paused === true && applied.note !== schedulePauseNote);

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
