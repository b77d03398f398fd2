import type { ScheduleDescription, ScheduleSpecDescription } from '@temporalio/client';
import type { CalendarSpecDescription, Range } from '@temporalio/client/lib/schedule-types.js';
import { scheduleId, searchAttribute } from '../../../model/names.ts';
import { type Calendar, calendarFields, dayNames, fieldKinds, monthNames } from '../../../model/schedule/calendar.ts';
import { type When, whenWords } from '../../../model/schedule/schedule.ts';
import { formatDuration } from '../../../model/text/duration.ts';
import { overlapNames, type ScheduledSides } from './encode.ts';
import type { ScheduleWords } from './words.ts';

/** A Temporal Schedule of a sync, as the server has it. */
export interface AppliedSchedule {
  readonly sync: string;
  readonly taskQueue: string;
  readonly words: ScheduleWords;
  /** Null for one that somebody made into something that no sync file says. */
  readonly when: When | null;
  readonly timeZone: string;
  readonly paused: boolean;
  readonly note: string;
  readonly recent: readonly { readonly at: string; readonly workflowId: string }[];
  readonly running: readonly string[];
}

/** Null for a schedule that is not the one of a sync. */
export function decodeSchedule(description: ScheduleDescription): AppliedSchedule | null {
  const sync = /^sync:([a-z0-9-]+)$/.exec(description.scheduleId)?.[1];
  const { action, spec, policies, state, info } = description;
  if (sync === undefined || scheduleId(sync) !== description.scheduleId) return null;
  const when = whenOf(spec);
  const { taskQueue = '' } = action;
  return {
    sync,
    taskQueue,
    when,
    timeZone: spec.timezone || 'UTC',
    words: {
      when: when === null ? 'times that no sync file can say' : whenWords(when),
      timeZone: spec.timezone || 'UTC',
      overlap: overlapOf(policies.overlap),
      catchUp: formatDuration(policies.catchupWindow),
      jitter: formatDuration(spec.jitter ?? 0),
      starts: startsWords(action.workflowType, taskQueue, action.args?.[0], sidesOf(action)),
    },
    paused: state.paused,
    note: state.note ?? '',
    recent: info.recentActions.map(({ scheduledAt, action: { workflow } }) => ({
      at: scheduledAt.toISOString(),
      workflowId: workflow.workflowId,
    })),
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
  };
}

/** `sync {…} on syncline, shop (rest) → books (rest)`: both sides of a comparison are made by this. */
export const startsWords = (type: string, taskQueue: string, input: unknown, sides?: ScheduledSides): string =>
  `${type} ${sortedJson(input)} on ${taskQueue}${sides ? `, ${sides.source} → ${sides.destination}` : ''}`;

function sidesOf({ searchAttributes = {} }: ScheduleDescription['action']): ScheduledSides | undefined {
  const [source] = searchAttributes[searchAttribute.source] ?? [];
  const [destination] = searchAttributes[searchAttribute.destination] ?? [];
  return typeof source === 'string' && typeof destination === 'string' ? { source, destination } : undefined;
}

function sortedJson(input: unknown): string {
  if (typeof input !== 'object' || input === null) return JSON.stringify(input ?? null);
  return JSON.stringify(Object.fromEntries(Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1))));
}

const overlapOf = (name = ''): string =>
  Object.entries(overlapNames).find(([, temporal]) => temporal === name)?.[0] ?? name;

function whenOf({ calendars = [], intervals = [], skip = [], startAt, endAt }: ScheduleSpecDescription): When | null {
  if (skip.length > 0 || startAt || endAt) return null;
  const [interval] = intervals;
  if (interval && intervals.length === 1 && calendars.length === 0)
    return { kind: 'every', everyMs: interval.every, offsetMs: interval.offset ?? 0 };
  if (intervals.length > 0 || calendars.length === 0) return null;
  const found = calendars.flatMap((calendar) => calendarOf(calendar) ?? []);
  return found.length === calendars.length ? { kind: 'calendar', calendars: found } : null;
}

function calendarOf(spec: CalendarSpecDescription): Calendar | null {
  const [second] = spec.second;
  if (spec.second.length !== 1 || second?.start !== 0 || second.end !== 0 || spec.year.length > 0) return null;
  const values = calendarFields.map((field) => {
    const { max } = fieldKinds[field];
    const numbers = spec[field].flatMap((range) => expand(range, max));
    return [...new Set(numbers)].sort((a, b) => a - b);
  });
  const [minute = [], hour = [], dayOfMonth = [], month = [], dayOfWeek = []] = values;
  return { minute, hour, dayOfMonth, month, dayOfWeek };
}

function expand({ start, end, step }: Range<number | string>, max: number): readonly number[] {
  const from = numberOf(start);
  const to = Math.min(max, numberOf(end));
  const numbers: number[] = [];
  for (let at = from; at <= to; at += Math.max(1, step)) numbers.push(at);
  return numbers;
}

/** Months and days of the week come by name. */
function numberOf(value: number | string): number {
  if (typeof value === 'number') return value;
  const name = value.toLowerCase();
  const month = namedIndex(monthNames, name);
  return month === -1 ? namedIndex(dayNames, name) : month + 1;
}

const namedIndex = (names: readonly string[], name: string): number => names.indexOf(name);
