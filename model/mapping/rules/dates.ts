import { definitionError } from '../definition.ts';
import { builtIn, reject } from '../rule.ts';
import type { Rejected, Rule } from '../types.ts';
import { type DateFormat, isoDay, isRealDay, parseFormat, readDate, writeDate } from './date-format.ts';
import { checkZone, type Disambiguation, localEpochMs, zoneClock } from './zones.ts';

export interface IsoDateOptions {
  /**
   * IANA zone in which the day is counted. Needed when the format has an offset (`XXX`), as an instant is another day
   * elsewhere; otherwise it only tells the reader where the date belongs.
   */
  readonly zone?: string;
}

const dayUnits = ['year', 'month', 'day'] as const;

/** A written date as ISO 8601 (`2026-12-31`). What is not written in the format, or is no real day, is rejected. */
export function isoDate(format: string, options: IsoDateOptions = {}): Rule<string, string> {
  const parsed = parseFormat('isoDate', format, dayUnits);
  const zone = options.zone === undefined ? undefined : checkZone('isoDate', options.zone);
  if (parsed.has.has('offset') && !zone)
    throw definitionError(`\`isoDate\`: with an offset in the format, say in which \`zone\` the day is counted`);
  const failed = reject(`not a real date written ${format}`);
  return builtIn({
    name: 'isoDate',
    words: `as an ISO date, from ${format}${zone ? ` in ${zone}` : ''}`,
    run: parsed.has.has('offset') && zone ? dayInZone(parsed, zone, failed) : plainDay(parsed, failed),
    settings: { format, zone },
    takes: ['text'],
    gives: ['text'],
  });
}

type TextToDay = (text: string) => string | Rejected;

function plainDay(format: DateFormat, failed: Rejected): TextToDay {
  const fixed = fixedDay(format, failed);
  if (fixed) return fixed;
  return (text) => {
    const date = readDate(format, text);
    return date ? isoDay(date) : failed;
  };
}

/** The usual format, two digits, two digits and four digits or the other way round, is cut out of the text by position. */
function fixedDay(format: DateFormat, failed: Rejected): TextToDay | undefined {
  const at = new Map<string, number>();
  const separators: [number, number][] = [];
  let length = 0;
  for (const part of format.parts) {
    if (part.kind === 'literal' && part.text.length === 1) separators.push([length, part.text.charCodeAt(0)]);
    else if (part.kind === 'digits' && part.least === part.most) at.set(part.unit, length);
    else return undefined;
    length += part.kind === 'digits' ? part.least : 1;
  }
  const [y, m, d] = [at.get('year') ?? 0, at.get('month') ?? 0, at.get('day') ?? 0];
  const [[s1, c1] = [0, 0], [s2, c2] = [0, 0]] = separators;
  if (at.size !== 3 || separators.length !== 2) return undefined;
  return (text) => {
    if (text.length !== length || text.charCodeAt(s1) !== c1 || text.charCodeAt(s2) !== c2) return failed;
    const year = twoDigits(text, y) * 100 + twoDigits(text, y + 2);
    if (!isRealDay(year, twoDigits(text, m), twoDigits(text, d))) return failed;
    return `${text.slice(y, y + 4)}-${text.slice(m, m + 2)}-${text.slice(d, d + 2)}`;
  };
}

/** NaN when they are no digits, which no comparison of `isRealDay` lets pass. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function dayInZone(format: DateFormat, zone: string, failed: Rejected): TextToDay {
  const clock = zoneClock(zone, 'reject');
  return (text) => {
    const date = readDate(format, text);
    if (!date) return failed;
    const day = clock.dayOf(localEpochMs(date) - date.offsetMinutes * 60_000);
    return isRealDay(day.year, day.month, day.day) ? isoDay(day) : failed;
  };
}

export interface IsoDateTimeOptions {
  /** IANA zone of a local time. Required unless the format has an offset (`XXX`), and refused when it has. */
  readonly zone?: string;
  /** A local time that the clock shows twice, or skips, when summer time ends or begins. Default `reject`. */
  readonly disambiguation?: Disambiguation;
}

/** A written date and time as an instant in UTC, ISO 8601 (`2026-12-31T22:59:00Z`; with milliseconds if the format has them). */
export function isoDateTime(format: string, options: IsoDateTimeOptions = {}): Rule<string, string> {
  const parsed = parseFormat('isoDateTime', format, [...dayUnits, 'hour', 'minute']);
  const hasOffset = parsed.has.has('offset');
  const disambiguation = options.disambiguation ?? 'reject';
  if (hasOffset === (options.zone !== undefined))
    throw definitionError(
      hasOffset
        ? '`isoDateTime`: the format has an offset, so a `zone` would contradict it'
        : '`isoDateTime`: say in which `zone` the time is local, such as `Europe/Berlin`',
    );
  const zone = options.zone === undefined ? undefined : checkZone('isoDateTime', options.zone);
  const failed = reject(`not a real date and time written ${format}`);
  const doubtful = reject(`a local time that ${zone ?? 'the zone'} has twice or skips`);
  const clock = zone === undefined ? undefined : zoneClock(zone, disambiguation);
  const withMs = parsed.has.has('millisecond');
  return builtIn({
    name: 'isoDateTime',
    words: `as an ISO instant in UTC, from ${format}${zone ? ` in ${zone} (a time that occurs twice or never: ${disambiguation})` : ''}`,
    run: (text: string) => {
      const local = readDate(parsed, text);
      if (!local) return failed;
      const epochMs = clock ? clock.toEpochMs(local) : localEpochMs(local) - local.offsetMinutes * 60_000;
      return epochMs === undefined ? doubtful : (isoInstant(epochMs, withMs) ?? failed);
    },
    settings: { format, zone, disambiguation },
    takes: ['text'],
    gives: ['text'],
  });
}

const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;

/** Undefined outside the years 1 to 9999. */
function isoInstant(epochMs: number, withMs: boolean): string | undefined {
  if (!(epochMs >= FIRST_MS && epochMs <= LAST_MS)) return undefined;
  const text = new Date(epochMs).toISOString();
  return withMs ? text : `${text.slice(0, 19)}Z`;
}

export interface EpochOptions {
  /** Earlier instants are rejected: a guard against seconds taken for milliseconds. ISO date, in UTC. */
  readonly notBefore?: string;
  /** Later instants are rejected: a guard against milliseconds taken for seconds. ISO date, in UTC. */
  readonly notAfter?: string;
}

/** A Unix time, in a stated unit, as an instant in UTC (`2026-12-31T22:59:00Z`). Outside the years 1 to 9999 it is rejected. */
export function fromEpoch(unit: 'seconds' | 'milliseconds', options: EpochOptions = {}): Rule<number, string> {
  const factor = unit === 'seconds' ? 1000 : 1;
  const [first, last] = [limit(options.notBefore, FIRST_MS), limit(options.notAfter, LAST_MS)];
  const failed = reject(`not a time in ${unit} since 1970 within the limits`);
  const told = [
    options.notBefore && `not before ${options.notBefore}`,
    options.notAfter && `not after ${options.notAfter}`,
  ];
  return builtIn({
    name: 'fromEpoch',
    words: [`as an ISO instant in UTC, from ${unit} since 1970`, ...told.filter(Boolean)].join(', '),
    run: (value: number) => {
      const epochMs = Math.floor(value * factor);
      if (!Number.isFinite(value) || epochMs < first || epochMs > last) return failed;
      return isoInstant(epochMs, epochMs % 1000 !== 0) ?? failed;
    },
    settings: { unit, ...options },
    takes: ['number'],
    gives: ['text'],
  });
}

function limit(day: string | undefined, otherwise: number): number {
  if (day === undefined) return otherwise;
  const date = readDate(parseFormat('fromEpoch', 'yyyy-MM-dd', dayUnits), day);
  if (!date) throw definitionError(`\`fromEpoch\`: \`${day}\` is not a real date written yyyy-MM-dd`);
  return localEpochMs(date);
}

/** An ISO date (`2026-12-31`) written in another format. */
export function dateAs(format: string): Rule<string, string> {
  const iso = parseFormat('dateAs', 'yyyy-MM-dd', dayUnits);
  const target = parseFormat('dateAs', format, []);
  if ([...target.has].some((unit) => !dayUnits.some((known) => known === unit)))
    throw definitionError(`\`dateAs\`: the format \`${format}\` has parts that a date has not`);
  const failed = reject('not a real date written yyyy-MM-dd');
  return builtIn({
    name: 'dateAs',
    words: `written ${format}`,
    run: (text: string) => {
      const date = readDate(iso, text);
      return date ? writeDate(target, date) : failed;
    },
    settings: format,
    takes: ['text'],
    gives: ['text'],
  });
}
