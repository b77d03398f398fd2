import { Temporal } from 'temporal-polyfill';
import { DAY_MS } from '../../text/duration.ts';
import { nearName } from '../../text/near-name.ts';
import { isZone } from '../../text/zone.ts';
import { definitionError } from '../definition.ts';
import type { DateParts } from './date-format.ts';

/** What to do with a local time that a clock shows twice, or skips, when summer time ends or begins. */
export type Disambiguation = 'reject' | 'earlier' | 'later';

/** Refuses what is no zone of the IANA time zone database: `CET+1`, `Mars/Base`. */
export function checkZone(rule: string, zone: string): string {
  if (isZone(zone)) return zone;
  const near = nearName(zone, Intl.supportedValuesOf('timeZone'));
  throw definitionError(
    `\`${rule}\`: \`${zone}\` is no time zone${near ? `; did you mean \`${near}\`?` : '. Zones are named like `Europe/Berlin` or `UTC`'}`,
  );
}

/** No zone is further from UTC than this. */
const FURTHEST_MS = 26 * 3_600_000;
/** Days whose offset is remembered, for each zone: more than ten years. */
const REMEMBERED_DAYS = 4096;

export interface ZoneClock {
  /** Epoch milliseconds of a local time; undefined when the clock shows it twice or never, and this is to be rejected. */
  toEpochMs(local: DateParts): number | undefined;
  /** The local day of an instant. */
  dayOf(epochMs: number): { year: number; month: number; day: number };
}

const clocks = new Map<string, ZoneClock>();

export function zoneClock(zone: string, disambiguation: Disambiguation): ZoneClock {
  const name = `${disambiguation} ${zone}`;
  const known = clocks.get(name);
  if (known) return known;
  const clock = makeClock(zone, disambiguation);
  clocks.set(name, clock);
  return clock;
}

function makeClock(zone: string, disambiguation: Disambiguation): ZoneClock {
  /** By day of the epoch: the offset in milliseconds, or NaN when it changes around that day. */
  const offsets = new Map<number, number>();
  const offsetAround = (localMs: number): number => {
    const day = Math.floor(localMs / DAY_MS);
    const known = offsets.get(day);
    if (known !== undefined) return known;
    const found = steadyOffset(zone, day * DAY_MS);
    if (offsets.size >= REMEMBERED_DAYS) offsets.clear();
    offsets.set(day, found);
    return found;
  };
  return {
    toEpochMs(local) {
      const localMs = localEpochMs(local);
      const offset = offsetAround(localMs);
      return Number.isNaN(offset) ? throughTemporal(zone, disambiguation, local) : localMs - offset;
    },
    dayOf(epochMs) {
      const zoned = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone);
      return { year: zoned.year, month: zoned.month, day: zoned.day };
    },
  };
}

/** The zone's offset when it is the same for every instant that can fall on this local day; NaN otherwise. */
function steadyOffset(zone: string, dayStartMs: number): number {
  const from = Temporal.Instant.fromEpochMilliseconds(dayStartMs - FURTHEST_MS).toZonedDateTimeISO(zone);
  const change = from.getTimeZoneTransition('next');
  const steady = !change || change.epochMilliseconds > dayStartMs + DAY_MS + FURTHEST_MS;
  return steady ? from.offsetNanoseconds / 1e6 : Number.NaN;
}

function throughTemporal(zone: string, disambiguation: Disambiguation, local: DateParts): number | undefined {
  try {
    return Temporal.PlainDateTime.from({ ...local, calendar: 'iso8601' }).toZonedDateTime(zone, { disambiguation })
      .epochMilliseconds;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The local time read as if it were UTC. `Date.UTC` takes years below 100 for the 1900s. */
export function localEpochMs(local: DateParts): number {
  const ms = Date.UTC(2000, local.month - 1, local.day, local.hour, local.minute, local.second, local.millisecond);
  if (local.year === 2000) return ms;
  return new Date(0).setUTCFullYear(local.year, local.month - 1, local.day) + timeOfDayMs(local);
}

const timeOfDayMs = (local: DateParts): number =>
  ((local.hour * 60 + local.minute) * 60 + local.second) * 1000 + local.millisecond;
