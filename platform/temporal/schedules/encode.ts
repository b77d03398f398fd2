import type { ScheduleOptions, ScheduleSpec } from '@temporalio/client';
import type { Range } from '@temporalio/client/lib/schedule-types.js';
import { firstStatus, scheduledWorkflowId, searchAttribute, workflowType } from '../../../model/names.ts';
import { type Calendar, calendarWords, dayNames, monthNames } from '../../../model/schedule/calendar.ts';
import type { Overlap, Schedule, When } from '../../../model/schedule/schedule.ts';

/** A sync's schedule as its file wants it. */
export interface DesiredSchedule {
  readonly sync: string;
  readonly schedule: Schedule;
  readonly taskQueue: string;
  /** Absent: each run says them itself. */
  readonly sides?: ScheduledSides;
}

/** Source and destination as the search attributes of a run name them. */
export interface ScheduledSides {
  readonly source: string;
  readonly destination: string;
}

/** Named by Temporal; the other way round in decode.ts. */
export const overlapNames = {
  skip: 'SKIP',
  'buffer one': 'BUFFER_ONE',
  'cancel other': 'CANCEL_OTHER',
} as const satisfies Record<Overlap, string>;

/** What each tick gives the workflow. The run names itself, because a schedule starts each with the same words. */
export const startInput = (sync: string, overlap: Overlap) => ({
  sync,
  trigger: 'schedule',
  full: false,
  whenHeld: overlap === 'buffer one' ? 'wait' : 'skip',
});

/** The parts of a Temporal Schedule that the sync file decides. */
export function encodeSchedule({
  sync,
  schedule,
  taskQueue,
  sides,
}: DesiredSchedule): Pick<ScheduleOptions, 'spec' | 'action' | 'policies'> {
  return {
    spec: { ...whenSpec(schedule.when), timezone: schedule.timeZone, jitter: schedule.jitterMs },
    action: {
      type: 'startWorkflow',
      workflowType: workflowType.sync,
      workflowId: scheduledWorkflowId(sync),
      taskQueue,
      args: [startInput(sync, schedule.overlap)],
      staticSummary: `sync ${sync} (scheduled)`,
      // Said here, it costs nothing when the run begins; a run sets what is no longer so.
      searchAttributes: {
        [searchAttribute.sync]: [sync],
        [searchAttribute.status]: [firstStatus],
        ...(sides && { [searchAttribute.source]: [sides.source], [searchAttribute.destination]: [sides.destination] }),
      },
    },
    policies: { overlap: overlapNames[schedule.overlap], catchupWindow: schedule.catchUpMs },
  };
}

const whenSpec = (when: When): ScheduleSpec =>
  when.kind === 'every'
    ? { intervals: [{ every: when.everyMs, offset: when.offsetMs }] }
    : { calendars: when.calendars.map(calendarSpec) };

const calendarSpec = (calendar: Calendar): NonNullable<ScheduleSpec['calendars']>[number] => ({
  second: 0,
  minute: ranges(calendar.minute),
  hour: ranges(calendar.hour),
  dayOfMonth: ranges(calendar.dayOfMonth),
  month: calendar.month.map((month) => upper(monthNames[month - 1] ?? 'january')),
  dayOfWeek: calendar.dayOfWeek.map((day) => upper(dayNames[day] ?? 'sunday')),
  comment: calendarWords(calendar),
});

const ranges = (values: readonly number[]): Range<number>[] =>
  values.map((value) => ({ start: value, end: value, step: 1 }));

const upper = <T extends string>(name: T): Uppercase<T> => name.toUpperCase() as Uppercase<T>;
