import { nearName } from '../../text/near-name.ts';
import { definitionError } from '../definition.ts';

/**
 * Formats of written dates: `yyyy MM dd HH mm ss SSS` with a fixed number of digits, `M d H` with one or two,
 * `MMM` and `MMMM` for English month names, `XXX` for an offset (`Z`, `+01:00`, `+0100`). Anything else that is no
 * letter stands for itself; letters do so between single quotes (`yyyy-MM-dd'T'HH:mm`).
 */
export interface DateFormat {
  readonly text: string;
  readonly parts: readonly Part[];
  readonly has: ReadonlySet<Unit>;
}

export type Unit = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond' | 'offset';

export type Part =
  | { readonly kind: 'digits'; readonly unit: Unit; readonly least: number; readonly most: number }
  | { readonly kind: 'month-name'; readonly unit: Unit; readonly names: readonly string[] }
  | { readonly kind: 'offset'; readonly unit: Unit }
  | { readonly kind: 'literal'; readonly text: string };

/** What was read. Absent units are 0, but for `month` and `day`, which are 1. `offsetMinutes` is 0 without an offset. */
export interface DateParts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  offsetMinutes: number;
}

const months = 'January February March April May June July August September October November December'.split(' ');
const shortMonths = months.map((name) => name.slice(0, 3));

const digits = (unit: Unit, least: number, most = least): Part => ({ kind: 'digits', unit, least, most });

const tokens: Readonly<Record<string, Part>> = {
  yyyy: digits('year', 4),
  MM: digits('month', 2),
  M: digits('month', 1, 2),
  MMM: { kind: 'month-name', unit: 'month', names: shortMonths },
  MMMM: { kind: 'month-name', unit: 'month', names: months },
  dd: digits('day', 2),
  d: digits('day', 1, 2),
  HH: digits('hour', 2),
  H: digits('hour', 1, 2),
  mm: digits('minute', 2),
  ss: digits('second', 2),
  SSS: digits('millisecond', 3),
  XXX: { kind: 'offset', unit: 'offset' },
};

/** Reads a format; a mistake in it is an error of the mapping, found when its file is read. */
export function parseFormat(rule: string, text: string, needed: readonly Unit[]): DateFormat {
  const parts: Part[] = [];
  const has = new Set<Unit>();
  for (const piece of text.match(/'[^']*'?|([a-zA-Z])\1*|[^a-zA-Z']+/g) ?? []) {
    const part = partOf(rule, piece);
    if (part.kind !== 'literal') {
      if (has.has(part.unit)) throw definitionError(`\`${rule}\`: the format \`${text}\` names the ${part.unit} twice`);
      has.add(part.unit);
    }
    parts.push(part);
  }
  const missing = needed.filter((unit) => !has.has(unit));
  if (missing.length > 0)
    throw definitionError(
      `\`${rule}\`: the format \`${text}\` has no ${missing.join(', no ')}${minuteHint(text, missing)}`,
    );
  return { text, parts, has };
}

const minuteHint = (text: string, missing: readonly Unit[]): string =>
  missing.includes('month') && text.includes('mm') ? '; the month is `MM`, `mm` is the minute' : '';

function partOf(rule: string, piece: string): Part {
  if (piece.startsWith("'")) {
    if (piece.length < 2 || !piece.endsWith("'"))
      throw definitionError(`\`${rule}\`: a quote in the format is not closed`);
    return { kind: 'literal', text: piece === "''" ? "'" : piece.slice(1, -1) };
  }
  if (!/[a-zA-Z]/.test(piece)) return { kind: 'literal', text: piece };
  const part = Object.hasOwn(tokens, piece) ? tokens[piece] : undefined;
  if (part) return part;
  const near = piece === 'yy' ? 'yyyy' : nearName(piece, Object.keys(tokens));
  const hint = near ? `; did you mean \`${near}\`?` : '';
  const why = piece === 'yy' ? ' (two digits do not tell the century)' : '';
  throw definitionError(
    `\`${rule}\`: \`${piece}\` is no part of a date format${why}${hint} Known: ${Object.keys(tokens).join(', ')}`,
  );
}

/** Reads a text in the format; undefined when it is not written so, or is not a real date and time of the years 1 to 9999. */
export function readDate(format: DateFormat, text: string): DateParts | undefined {
  const read: DateParts = {
    year: 1,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
    offsetMinutes: 0,
  };
  let at = 0;
  for (const part of format.parts) {
    at = readPart(part, text, at, read);
    if (at < 0) return undefined;
  }
  return at === text.length && isReal(read) ? read : undefined;
}

/** The position after the part, or -1. */
function readPart(part: Part, text: string, at: number, into: DateParts): number {
  if (part.kind === 'literal') return text.startsWith(part.text, at) ? at + part.text.length : -1;
  if (part.kind === 'digits') return readDigits(part, text, at, into);
  if (part.kind === 'offset') return readOffset(text, at, into);
  const rest = text.slice(at).toLowerCase();
  const index = part.names.findIndex((name) => rest.startsWith(name.toLowerCase()));
  into.month = index + 1;
  return index < 0 ? -1 : at + (part.names[index] ?? '').length;
}

function readDigits(part: Part & { kind: 'digits' }, text: string, at: number, into: DateParts): number {
  let value = 0;
  let end = at;
  while (end < at + part.most && end < text.length) {
    const digit = text.charCodeAt(end) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    end++;
  }
  if (end - at < part.least) return -1;
  if (part.unit !== 'offset') into[part.unit] = value;
  return end;
}

function readOffset(text: string, at: number, into: DateParts): number {
  if (text[at] === 'Z') return at + 1;
  const found = /^([+-])(\d\d):?(\d\d)/.exec(text.slice(at, at + 6));
  if (!found) return -1;
  const [whole, sign, hours, minutes] = found;
  if (Number(hours) > 18 || Number(minutes) > 59) return -1;
  into.offsetMinutes = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return at + whole.length;
}

const isReal = (date: DateParts): boolean =>
  isRealDay(date.year, date.month, date.day) && date.hour < 24 && date.minute < 60 && date.second < 60;

/** Days of the Gregorian calendar, years 1 to 9999. */
export function isRealDay(year: number, month: number, day: number): boolean {
  // Written so that NaN, which stands for what is no digit, does not pass.
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return false;
  if (day <= 28) return true;
  if (month === 2) return day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
}

const pad = (value: number, length: number): string => String(value).padStart(length, '0');

export const isoDay = (date: Pick<DateParts, 'year' | 'month' | 'day'>): string =>
  `${pad(date.year, 4)}-${pad(date.month, 2)}-${pad(date.day, 2)}`;

/** Writes a date in the format; the inverse of `readDate`. */
export const writeDate = (format: DateFormat, date: DateParts): string =>
  format.parts.map((part) => writePart(part, date)).join('');

function writePart(part: Part, date: DateParts): string {
  if (part.kind === 'literal') return part.text;
  if (part.kind === 'month-name') return part.names[date.month - 1] ?? '';
  return part.kind === 'digits' && part.unit !== 'offset' ? pad(date[part.unit], part.least) : 'Z';
}
