/** A span of time as PostgreSQL keeps it: months and days are of no fixed length. */
export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly microseconds: bigint;
}

const number = '[+-]?\\d+';
const seconds = '[+-]?\\d+(?:\\.\\d{0,6}0*)?';
const iso = new RegExp(
  `^P(?=.)(?:(${number})Y)?(?:(${number})M)?(?:(${number})W)?(?:(${number})D)?` +
    `(?:T(?=.)(?:(${number})H)?(?:(${number})M)?(?:(${seconds})S)?)?$`,
);
const words = new RegExp(
  `^(?:(${number}) years?)? ?(?:(${number}) mons?(?:ths?)?)? ?(?:(${number}) weeks?)? ?(?:(${number}) days?)? ?` +
    '(?:([+-]?)(\\d+):([0-5]\\d):([0-5]\\d(?:\\.\\d{0,6}0*)?))?$',
);

/**
 * Reads an interval that says one thing only: an ISO 8601 duration of whole parts, of which the seconds may have a
 * fraction (`P1Y2M3DT4H5M6.789S`), or as psql shows one (`1 year 2 mons 3 days 04:05:06.789`). Undefined for all else:
 * what `5`, `1:30`, `1-2` or `P1.5M` mean is PostgreSQL's guess.
 */
export function intervalOf(text: string): Interval | undefined {
  const parts = iso.exec(text);
  if (parts !== null) {
    const [, years, months, weeks, days, hours, minutes, second] = parts;
    return interval([years, months, weeks, days], micro(hours, minutes, second));
  }
  const said = text === '' ? null : words.exec(text);
  if (said === null) return undefined;
  const [, years, months, weeks, days, sign, hours, minutes, second] = said;
  const time = micro(hours, minutes, second);
  return interval([years, months, weeks, days], sign === '-' ? -time : time);
}

function interval(parts: readonly (string | undefined)[], microseconds: bigint): Interval {
  const [years = 0, months = 0, weeks = 0, days = 0] = parts.map((part) => Number(part ?? 0));
  return { months: years * 12 + months, days: weeks * 7 + days, microseconds };
}

function micro(hours = '0', minutes = '0', second = '0'): bigint {
  const [whole = '0', fraction = ''] = second.split('.');
  const ofSecond = BigInt(fraction.padEnd(6, '0').slice(0, 6)) * (whole.startsWith('-') ? -1n : 1n);
  return ((BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(whole)) * 1_000_000n + ofSecond;
}

/** The fields that a type such as `interval day to second` names, by their bits in its modifier (PostgreSQL, datetime.h). */
const [MONTH, DAY, HOUR, MINUTE, SECOND] = [1 << 1, 1 << 3, 1 << 10, 1 << 11, 1 << 12];
const SECOND_MICROS = 1_000_000n;

/**
 * Whether a column keeps all of an interval: `interval(0)` rounds to seconds, and `interval hour` leaves out whatever is
 * smaller than an hour. `modifier`: as PostgreSQL keeps it, the fields above, the digits of a second below; -1 for none.
 */
export function isKept({ months, days, microseconds }: Interval, modifier: number): boolean {
  if (modifier < 0) return true;
  const fields = modifier >> 16;
  const has = (field: number): boolean => (fields & field) !== 0;
  if (has(SECOND)) return microseconds % 10n ** BigInt(6 - Math.min(modifier & 0xffff, 6)) === 0n;
  if (has(MINUTE)) return microseconds % (60n * SECOND_MICROS) === 0n;
  if (has(HOUR)) return microseconds % (3600n * SECOND_MICROS) === 0n;
  if (microseconds !== 0n) return false;
  if (has(DAY)) return true;
  return days === 0 && (has(MONTH) || months % 12 === 0);
}
