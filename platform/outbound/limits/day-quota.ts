import { Temporal } from 'temporal-polyfill';

/** When a quota of a day begins anew: a time of day such as `00:00`, in a zone of the IANA time zone database. */
export interface DailyReset {
  readonly at: string;
  readonly zone: string;
}

/** From one reset to the next, in milliseconds since 1970; 23 or 25 hours when the clocks change. */
export interface Day {
  readonly fromMs: number;
  readonly untilMs: number;
}

const lastAsked = new Map<string, Day>();

/** The day in which a moment falls. */
export function dayAround({ at, zone }: DailyReset, nowMs: number): Day {
  const id = `${at} ${zone}`;
  const last = lastAsked.get(id);
  if (last && last.fromMs <= nowMs && nowMs < last.untilMs) return last;
  const day = computed({ at, zone }, nowMs);
  lastAsked.set(id, day);
  return day;
}

function computed({ at, zone }: DailyReset, nowMs: number): Day {
  const today = Temporal.Instant.fromEpochMilliseconds(Math.floor(nowMs)).toZonedDateTimeISO(zone).toPlainDate();
  const resetOf = (days: number): number =>
    today.add({ days }).toZonedDateTime({ timeZone: zone, plainTime: at }).epochMilliseconds;
  return resetOf(0) <= nowMs
    ? { fromMs: resetOf(0), untilMs: resetOf(1) }
    : { fromMs: resetOf(-1), untilMs: resetOf(0) };
}
