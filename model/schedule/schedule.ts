import { z } from 'zod';
import { duration } from '../sync/policy.ts';
import { formatDuration } from '../text/duration.ts';
import { type Calendar, calendarWords } from './calendar.ts';

/** A field of a calendar as it is written: a number, a name, or the language of cron (`'8-18'`, `'mon-fri'`), or several. */
type FieldInput = number | string | readonly (number | string)[];

/** The fields that are left out: minute and hour are 0, all others match always. */
export interface CalendarInput {
  readonly minute?: FieldInput;
  readonly hour?: FieldInput;
  readonly dayOfMonth?: FieldInput;
  readonly month?: FieldInput;
  readonly dayOfWeek?: FieldInput;
}

/** What a tick does that finds a run of the sync still open. */
export const overlaps = ['skip', 'buffer one', 'cancel other'] as const;
export type Overlap = (typeof overlaps)[number];

interface ScheduleRules {
  /** IANA name. Default `UTC`. */
  readonly timeZone?: string;
  /**
   * `skip` (default): the tick is recorded as skipped. `buffer one`: one run waits until the other has ended.
   * `cancel other`: a run that the schedule began before is cancelled first.
   */
  readonly overlap?: Overlap;
  /** After an outage, ticks this old are caught up with: by one run, whose tick is the oldest. Default `1 day`. */
  readonly catchUp?: string;
  /** Each tick comes up to this much later, so that many syncs do not begin in one second. Default none. */
  readonly jitter?: string;
  /** Nothing begins by itself. Default false. */
  readonly paused?: boolean;
}

/** When a sync runs by itself. Exactly one of `every`, `cron` and `calendar`. */
export type ScheduleInput = ScheduleRules &
  (
    | { readonly every: string; readonly offset?: string; readonly cron?: never; readonly calendar?: never }
    | { readonly cron: string; readonly every?: never; readonly offset?: never; readonly calendar?: never }
    | {
        readonly calendar: CalendarInput | readonly CalendarInput[];
        readonly every?: never;
        readonly offset?: never;
        readonly cron?: never;
      }
  );

const fieldInput = z.union([z.int(), z.string(), z.array(z.union([z.int(), z.string()])).min(1)]);

const calendarShape = z.strictObject({
  minute: fieldInput.optional(),
  hour: fieldInput.optional(),
  dayOfMonth: fieldInput.optional(),
  month: fieldInput.optional(),
  dayOfWeek: fieldInput.optional(),
});
export type CalendarShape = z.output<typeof calendarShape>;

/** `schedule` of a sync file, as far as it can be checked field by field. */
export const scheduleShape = z.strictObject({
  every: duration.optional(),
  offset: duration.optional(),
  cron: z.string().optional(),
  calendar: z.union([calendarShape, z.array(calendarShape).min(1)]).optional(),
  timeZone: z.string().default('UTC'),
  overlap: z.enum(overlaps).default('skip'),
  catchUp: duration.prefault('1 day'),
  jitter: duration.prefault('0 s'),
  paused: z.boolean().default(false),
});
export type ScheduleShape = z.output<typeof scheduleShape>;

export type When =
  | { readonly kind: 'every'; readonly everyMs: number; readonly offsetMs: number }
  | { readonly kind: 'calendar'; readonly calendars: readonly Calendar[] };

/** A schedule, checked; the same value for the same times, however it was written. */
export interface Schedule {
  readonly when: When;
  readonly timeZone: string;
  readonly overlap: Overlap;
  readonly catchUpMs: number;
  readonly jitterMs: number;
  readonly paused: boolean;
}

/** A shorter interval would start runs faster than most of them end. */
export const MIN_EVERY_MS = 10_000;
/** Temporal keeps to at least this. */
export const MIN_CATCH_UP_MS = 10_000;

/** For people, without the zone. */
export function whenWords(when: When): string {
  if (when.kind === 'calendar') return when.calendars.map(calendarWords).join('; ');
  return `every ${formatDuration(when.everyMs)}${when.offsetMs === 0 ? '' : `, ${formatDuration(when.offsetMs)} later`}`;
}
