import { isRecord, type Json, type JsonRecord } from './json.ts';

/** How a value that was read back differs from the one that was written. Says what kind of change it is, never a value. */
export const changes = [
  'emptied',
  'trimmed',
  'padded',
  'cut',
  'upper-cased',
  'lower-cased',
  'rounded',
  'other',
] as const;
export type Change = (typeof changes)[number];

/** A field of the destination schema in which a record that was read back is not as it was sent. */
export interface Alteration {
  readonly field: string;
  readonly change: Change;
}

/** The field that stands for the record as a whole, where what was written or read is no object. */
const WHOLE = '';

/**
 * The fields in which two records differ, of those that were written: what else the destination gives is its own. Absent
 * and null are the same. `same`: whether a record read says what was written in the destination's own terms.
 */
export function alterationsOf(
  written: Json,
  read: Json,
  same: (written: Json, read: Json) => boolean,
): readonly Alteration[] {
  if (!isRecord(written) || !isRecord(read)) return [{ field: WHOLE, change: 'other' }];
  return Object.keys(written).flatMap((field) => {
    const [before, after] = [written[field] ?? null, fieldOf(read, field)];
    if (JSON.stringify(before) === JSON.stringify(after)) return [];
    return same(written, { ...written, [field]: after }) ? [] : [{ field, change: changeOf(before, after) }];
  });
}

const fieldOf = (record: JsonRecord, field: string): Json =>
  Object.hasOwn(record, field) ? (record[field] ?? null) : null;

/** Pure. */
export function changeOf(written: Json, read: Json): Change {
  if (read === null || read === '') return 'emptied';
  if (isNearer(written, read)) return 'rounded';
  if (typeof written !== 'string' || typeof read !== 'string') return 'other';
  if (written.trim() === read.trim()) return read.length < written.length ? 'trimmed' : 'padded';
  if (written.startsWith(read)) return 'cut';
  if (written.toUpperCase() === read) return 'upper-cased';
  return written.toLowerCase() === read ? 'lower-cased' : 'other';
}

const decimal = /^-?\d+(?:\.(\d+))?$/;

/** The same number to fewer digits after the point, however it was rounded. */
function isNearer(written: Json, read: Json): boolean {
  const [before, after] = [decimal.exec(String(written)), decimal.exec(String(read))];
  if (before === null || after === null) return false;
  const digits = after[1]?.length ?? 0;
  return digits < (before[1]?.length ?? 0) && Math.abs(Number(written) - Number(read)) < 10 ** -digits;
}

/** Fewer records than this may differ by chance, or by a fault that sending them again mends. */
const HABIT_AT_LEAST = 100;

/**
 * The fields that a destination changes as its habit: most records of a batch came back with another value there. Sending
 * them again would change nothing. `differing`: in how many records each field differs, of so many `compared`.
 */
export const habitsOf = (compared: number, differing: ReadonlyMap<string, number>): ReadonlySet<string> =>
  new Set(
    [...differing].flatMap(([field, records]) => (records >= HABIT_AT_LEAST && records > compared / 2 ? [field] : [])),
  );
