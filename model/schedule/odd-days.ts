import { Temporal } from 'temporal-polyfill';
import { type Calendar, clockTime } from './calendar.ts';
import type { Schedule } from './schedule.ts';

/** A day on which the clock of a zone is set, and a schedule names times that this skips or repeats. */
export interface OddDay {
  /** `2027-03-28`. */
  readonly date: string;
  readonly kind: 'skipped' | 'repeated';
  /** The times of the schedule that it touches, at most a few: `02:30`. */
  readonly times: readonly string[];
}

const MOST_TIMES = 3;

/** Of a calendar in a zone with summer time: the odd days from `fromMs` until `untilMs`. Intervals know no local time. */
export function oddDays(
  { when, timeZone }: Pick<Schedule, 'when' | 'timeZone'>,
  fromMs: number,
  untilMs: number,
): readonly OddDay[] {
  if (when.kind === 'every') return [];
  const found: OddDay[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(timeZone);
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds > untilMs) return found;
    at = next;
    const day = oddDay(when.calendars, next);
    if (day) found.push(day);
  }
}

function oddDay(calendars: readonly Calendar[], transition: Temporal.ZonedDateTime): OddDay | undefined {
  const before = transition.subtract({ nanoseconds: 1 });
  const shiftMs = (transition.offsetNanoseconds - before.offsetNanoseconds) / 1e6;
  if (shiftMs === 0) return undefined;
  const after = transition.toPlainDateTime();
  // Skipped: from what the clock would have shown to what it shows. Repeated: from what it shows again.
  const length = { milliseconds: Math.abs(shiftMs) };
  const [from, to] = shiftMs > 0 ? [after.subtract(length), after] : [after, after.add(length)];
  const times = calendars.flatMap((calendar) => timesBetween(calendar, from, to));
  if (times.length === 0) return undefined;
  return {
    date: from.toPlainDate().toString(),
    kind: shiftMs > 0 ? 'skipped' : 'repeated',
    times: [...new Set(times)].slice(0, MOST_TIMES),
  };
}

function timesBetween(calendar: Calendar, from: Temporal.PlainDateTime, to: Temporal.PlainDateTime): string[] {
  const times: string[] = [];
  for (let at = from; Temporal.PlainDateTime.compare(at, to) < 0; at = at.add({ minutes: 1 }))
    if (matches(calendar, at)) times.push(clockTime(at.hour, at.minute));
  return times;
}

const matches = ({ minute, hour, dayOfMonth, month, dayOfWeek }: Calendar, at: Temporal.PlainDateTime): boolean =>
  minute.includes(at.minute) &&
  hour.includes(at.hour) &&
  dayOfMonth.includes(at.day) &&
  month.includes(at.month) &&
  dayOfWeek.includes(at.dayOfWeek % 7);

/** `02:30 on 2027-03-28 does not exist in Europe/Berlin: no run`. */
export const oddDayWords = ({ date, kind, times }: OddDay, timeZone: string): string =>
  kind === 'skipped'
    ? `${times.join(', ')} on ${date} does not exist in ${timeZone}: no run`
    : `${times.join(', ')} on ${date} comes twice in ${timeZone}: Temporal may take either or both`;
