import { canonicalDecimal, isRecord, type Json, type JsonRecord, writesDouble } from '../../index.ts';
import { intervalOf } from './interval.ts';

/**
 * Whether a row read back says what the record said when it was written. Columns that the record left out do not
 * count, null and absent are the same, and values compare as PostgreSQL's types do: decimals by value, times by
 * instant, spans of time by what they are made of, UUIDs whatever their writing, and `char(n)` without its padding.
 */
export function sameInPostgres(written: Json, read: Json): boolean {
  if (!isRecord(written) || !isRecord(read)) return sameValue(written, read);
  return Object.entries(written).every(([name, value]) => sameValue(value, read[name] ?? null));
}

/**
 * The same for a row that was found by its key: how the table spells that, in capital letters or not, is its own. A row that
 * was handed over to a key spelt in another way keeps the spelling it had.
 */
export const sameUnderKey =
  (key: readonly string[]) =>
  (written: Json, read: Json): boolean =>
    sameInPostgres(written, isRecord(written) && isRecord(read) ? { ...read, ...only(key, written) } : read);

const only = (names: readonly string[], record: JsonRecord): JsonRecord =>
  Object.fromEntries(names.map((name) => [name, record[name] ?? null]));

function sameValue(written: Json, read: Json): boolean {
  if (written === read) return true;
  if (written === null || read === null) return false;
  if (Array.isArray(written) && Array.isArray(read)) return sameList(written, read);
  if (isRecord(written) && isRecord(read)) return sameFields(written, read);
  if (typeof written === 'object' || typeof read === 'object') return false;
  return sameScalar(written, read);
}

const sameList = (written: readonly Json[], read: readonly Json[]): boolean =>
  written.length === read.length && written.every((value, index) => sameValue(value, read[index] ?? null));

const sameFields = (written: { readonly [key: string]: Json }, read: { readonly [key: string]: Json }): boolean =>
  Object.keys(written).length === Object.keys(read).length &&
  Object.entries(written).every(([name, value]) => Object.hasOwn(read, name) && sameValue(value, read[name] ?? null));

/** A text that was read is the column's text; it says the same as a text written only when the column is no text. */
function sameScalar(written: string | number | boolean, read: string | number | boolean): boolean {
  const texts = typeof written === 'string' && typeof read === 'string';
  const a = String(written);
  const b = String(read);
  if (a === b) return true;
  if (typeof read === 'boolean') return truths.get(a.toLowerCase()) === read;
  if (amount.test(b)) return sameDecimal(a.replace(/[$,]/g, ''), b.replace(/[$,]/g, ''));
  if (typeof read === 'number' && writesDouble(a, read)) return true;
  if (!texts) return sameDecimal(a, b);
  if (uuid.test(b)) return uuidDigits(a) === uuidDigits(b);
  return isPadded(a, b) || sameTime(a, b) || sameInterval(a, b) || ((isLong(a) || isLong(b)) && sameDecimal(a, b));
}

const truths = new Map([
  ['true', true],
  ['t', true],
  ['false', false],
  ['f', false],
]);

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const uuidDigits = (text: string): string => text.replace(/[{}-]/g, '').toLowerCase();

/** Only `char(n)` appends spaces, and they do not count there. */
const isPadded = (written: string, read: string): boolean => read.trimEnd() === written && /^[^\s].* +$/s.test(read);

function sameInterval(a: string, b: string): boolean {
  const [first, second] = [intervalOf(a), intervalOf(b)];
  if (first === undefined || second === undefined) return false;
  const { months, days, microseconds } = first;
  return months === second.months && days === second.days && microseconds === second.microseconds;
}

/** As our connections have PostgreSQL show what is in a column of type money. */
const amount = /^-?\$\d{1,3}(?:,\d{3})*\.\d\d$/;

/** A number that a double cannot hold is read as text, so two texts of many digits may be one number. */
const isLong = (text: string): boolean => text.replace(/\D/g, '').length > 15;

const sameDecimal = (a: string, b: string): boolean => {
  const exact = canonicalDecimal(a);
  return exact !== undefined && exact === canonicalDecimal(b);
};

const time =
  /^(?=\d)(?:(\d{4,}-\d\d-\d\d)(?:[T ]|$))?(\d\d:\d\d)?(?::(\d\d)(?:\.(\d{1,9}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** To the microsecond, which is what PostgreSQL keeps. A side without a zone compares by its clock. */
function sameTime(a: string, b: string): boolean {
  const [first, second] = [time.exec(a), time.exec(b)];
  if (first === null || second === null) return false;
  const zoned = first[5] !== undefined && second[5] !== undefined;
  const instant = microseconds(first, zoned);
  return instant !== undefined && instant === microseconds(second, zoned);
}

function microseconds(parts: readonly string[], zoned: boolean): bigint | undefined {
  const [, day = '1970-01-01', minute = '00:00', second = '00', fraction = '', zone = 'Z'] = parts;
  const ms = Date.parse(`${day}T${minute}:${second}${zoned && zone.toUpperCase() !== 'Z' ? fullOffset(zone) : 'Z'}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}

const fullOffset = (zone: string): string => {
  const digits = zone.replace(/\D/g, '').padEnd(4, '0');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
};
