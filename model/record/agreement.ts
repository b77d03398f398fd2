import type { Notice } from '../sync/notice.ts';
import { type Alteration, type Change, habitsOf } from './alteration.ts';

/** What reading back came to of one record: undefined where the destination does not have it. */
export type Judged = readonly Alteration[] | undefined;

export const isAgreed = (judged: Judged): boolean => judged !== undefined && judged.length === 0;

/** What is said of a field that is not as it was sent. */
export interface FieldTally {
  records: number;
  readonly changes: Set<Change>;
}

/** In how many records each field differs, and how. */
export class FieldTallies {
  readonly byField = new Map<string, FieldTally>();

  add(alterations: readonly Alteration[], records = 1): void {
    for (const { field, change } of alterations) {
      const tally = this.byField.get(field) ?? { records: 0, changes: new Set() };
      tally.records += records;
      tally.changes.add(change);
      this.byField.set(field, tally);
    }
  }
}

/**
 * Of the records of a batch: which are not agreed, each by itself. Those that differ only where the destination changes
 * most records, in this batch or in those before, are its habit, and are named by their field. Pure.
 */
export function judgeBatch(
  judged: readonly Judged[],
  knownHabits: ReadonlySet<string>,
): { readonly habits: ReadonlySet<string>; readonly faulty: readonly number[] } {
  const fields = new FieldTallies();
  for (const one of judged) if (one !== undefined) fields.add(one);
  const compared = judged.filter((one) => one !== undefined).length;
  const differing = new Map([...fields.byField].map(([field, { records }]) => [field, records]));
  const habits = new Set([...knownHabits, ...habitsOf(compared, differing)]);
  const faulty = judged.flatMap((one, index) => (isHabitual(one, habits) ? [] : [index]));
  return { habits, faulty };
}

/** It agrees, but for what the destination does to most records. */
export const isHabitual = (judged: Judged, habits: ReadonlySet<string>): boolean =>
  judged?.every(({ field }) => habits.has(field)) ?? false;

/** What is not there, and what was found missing or different before and could not be looked at again. */
export interface Absent {
  readonly missing: number;
  readonly unlooked: number;
}

/** What a run says of what it read back. No values (invariant 8). Pure. */
export function agreementNotices(
  { missing, unlooked }: Absent,
  different: FieldTallies,
  habits: FieldTallies,
): readonly Notice[] {
  const count = (records: number): string => `${records.toLocaleString('en')} ${records === 1 ? 'record' : 'records'}`;
  const absent = [
    ...(missing > 0 ? [`${count(missing)} that the destination confirmed: not there`] : []),
    ...(unlooked > 0 ? [`${count(unlooked)} that were not there, or different: not looked at again`] : []),
  ];
  const byField = (code: 'DIFFERS_AT_DESTINATION' | 'DESTINATION_ALTERS', tallies: FieldTallies): readonly Notice[] =>
    [...tallies.byField].map(([field, { records, changes }]) => ({
      code,
      subject: field,
      records,
      detail: `${count(records)} read back: ${[...changes].join(', ')}`,
    }));
  return [
    ...(absent.length > 0
      ? [{ code: 'NOT_AT_DESTINATION' as const, subject: '', records: missing + unlooked, detail: absent.join('; ') }]
      : []),
    ...byField('DIFFERS_AT_DESTINATION', different),
    ...byField('DESTINATION_ALTERS', habits),
  ];
}
