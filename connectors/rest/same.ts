import { canonicalDecimal, isRecord, type Json, parseVersion, pathSteps, valueAt } from '../../index.ts';
import type { Fold } from './fold.ts';
import { foldedText } from './outcomes.ts';

/**
 * Whether a record that a JSON API gave back says what was written. Fields of the API's own do not count, null and absent
 * are the same, a decimal may come as text, with other zeros at its end, and a time in another zone or precision. Texts
 * are the same only letter by letter.
 */
export function sameInJson(written: Json, read: Json): boolean {
  if (written === read) return true;
  if (Array.isArray(written) && Array.isArray(read))
    return written.length === read.length && written.every((value, index) => sameInJson(value, read[index] ?? null));
  if (isRecord(written) && isRecord(read))
    return Object.entries(written).every(([name, value]) =>
      sameInJson(value, Object.hasOwn(read, name) ? (read[name] ?? null) : null),
    );
  if (typeof written === 'string' && typeof read === 'string') return sameTime(written, read);
  return isNumeric(written, read) && sameDecimal(String(written), String(read));
}

/** The same, where the key at `path` may be read back in another spelling. */
export const sameWithFoldedKey =
  (path: string, fold: Fold) =>
  (written: Json, read: Json): boolean => {
    const key = foldedText(fold, valueAt(read, path));
    const isOne = key !== undefined && key === foldedText(fold, valueAt(written, path));
    return sameInJson(written, isOne ? withValueAt(read, pathSteps(path), valueAt(written, path) ?? null) : read);
  };

function withValueAt(record: Json, [step, ...below]: readonly string[], value: Json): Json {
  if (step === undefined) return value;
  return isRecord(record) ? { ...record, [step]: withValueAt(record[step] ?? null, below, value) } : record;
}

/** A number on one side, and a number or its text on the other. */
const isNumeric = (a: Json, b: Json): boolean =>
  (typeof a === 'number' && (typeof b === 'number' || typeof b === 'string')) ||
  (typeof a === 'string' && typeof b === 'number');

function sameDecimal(a: string, b: string): boolean {
  const exact = canonicalDecimal(a);
  return exact !== undefined && exact === canonicalDecimal(b);
}

function sameTime(a: string, b: string): boolean {
  const [first, second] = [parseVersion(a), parseVersion(b)];
  return first?.kind === 'time' && second?.kind === 'time' && first.value === second.value;
}
