import { secondDigitsOf } from './types.ts';
import type { ValueCheck } from './value-check.ts';

const day = '\\d{4,7}-\\d\\d-\\d\\d';
const minute = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const offset = ' ?(?:Z|[+-]\\d\\d(?::?[0-5]\\d(?::?[0-5]\\d)?)?)';
const era = '(?: BC)?';
const never = '-?infinity';

const clock = (digits: number): string => `${minute}(?::[0-5]\\d(?:\\.(?=\\d)\\d{0,${digits}}0*)?)?`;
/** The end of a day is a time of day of its own. */
const timeOfDay = (digits: number): string => `(?:${clock(digits)}|24:00(?::00(?:\\.0+)?)?)`;

/**
 * Lets pass what says one date or time only (ISO 8601 in its extended form, with `T` or a space, and PostgreSQL's own
 * `infinity` and ` BC`), as fine as the column keeps it. All else PostgreSQL would guess by `DateStyle`, by the zone of the session or
 * by the day of the write, or would cut off. Undefined for a type that is none of a date or time.
 */
export function timeCheck(type: string, modifier: number): ValueCheck | undefined {
  const digits = secondDigitsOf(modifier);
  switch (type) {
    case 'date':
      return form(`${day}(?:[T ]00:00(?::00(?:\\.0+)?)?)?${era}|${never}`, [
        [`${day}[T ].*`, 'it has a time of day, which the column does not: `isoDate(format, { zone })` gives the day'],
        ['', "no ISO date such as 2024-12-31: `isoDate('dd/MM/yyyy')` reads other forms"],
      ]);
    case 'timestamp':
      return form(`${day}(?:[T ]${clock(digits)})?${era}|${never}`, [
        [
          `${day}[T ]${clock(20)}${offset}${era}`,
          'it has an offset, which the column (timestamp) would drop: `localTime(zone)` gives the time in a zone, or make the column timestamptz',
        ],
        tooFine(`${day}[T ]${clock(20)}${era}`, digits),
        noTime,
      ]);
    case 'timestamptz':
      return form(`${day}[T ]${clock(digits)}${offset}${era}|${never}`, [
        [
          `${day}(?:[T ]${clock(20)})?${era}`,
          'it has no offset such as Z or +02:00, and the column (timestamptz) needs one: `isoDateTime(format, { zone })` says in which zone it is',
        ],
        tooFine(`${day}[T ]${clock(20)}${offset}${era}`, digits),
        noTime,
      ]);
    case 'time':
      return form(timeOfDay(digits), [tooFine(clock(20), digits), noTimeOfDay]);
    case 'timetz':
      return form(`${timeOfDay(digits)}${offset}`, [tooFine(`${clock(20)}${offset}`, digits), noTimeWithOffset]);
    default:
      return undefined;
  }
}

/** A form that is known well enough to say what to do about it; the last of a list takes all. */
type Known = readonly [form: string, reason: string];

const noTime: Known = [
  '',
  "no ISO time such as 2024-12-31T10:00:00Z: `isoDateTime('dd/MM/yyyy HH:mm', { zone })` reads other forms",
];
const noTimeOfDay: Known = ['', 'no time of day such as 10:00:00'];
const noTimeWithOffset: Known = ['', 'no time of day with its offset, such as 10:00:00+02:00'];
const tooFine = (pattern: string, digits: number): Known => [
  pattern,
  `more digits of a second than the column keeps (${digits}): \`cutSeconds(${digits})\` leaves them out`,
];

function form(taken: string, known: readonly Known[]): ValueCheck {
  const whole = new RegExp(`^(?:${taken})$`, 'i');
  const others = known.map(([pattern, reason]) => ({
    pattern: new RegExp(pattern === '' ? '' : `^(?:${pattern})$`, 'i'),
    reason,
  }));
  return (text) => (whole.test(text) ? undefined : others.find(({ pattern }) => pattern.test(text))?.reason);
}
