import {
  type Calendar,
  type CalendarField,
  calendarFields,
  fieldKinds,
  isAll,
  neverMatches,
} from '../model/schedule/calendar.ts';
import { parseCron, parseField } from '../model/schedule/field.ts';
import { oddDays, oddDayWords } from '../model/schedule/odd-days.ts';
import {
  type CalendarShape,
  MIN_CATCH_UP_MS,
  MIN_EVERY_MS,
  type Schedule,
  type ScheduleShape,
  type When,
} from '../model/schedule/schedule.ts';
import { DAY_MS, formatDuration } from '../model/text/duration.ts';
import { didYouMean } from '../model/text/near-name.ts';
import { isZone } from '../model/text/zone.ts';
import type { SyncProblems } from './sync-problems.ts';
import type { TreePath } from './tree.ts';

/** Odd days are looked for this far ahead. */
const AHEAD_MS = 400 * DAY_MS;

/** The schedule of a sync, or what is wrong with it. `nowMs`: from when on days are looked at. */
export function checkSchedule(shape: ScheduleShape, problems: SyncProblems, nowMs: number): Schedule | undefined {
  const when = whenOf(shape, problems);
  if (!checkZone(shape.timeZone, problems) || !checkDurations(shape, problems) || !when) return undefined;
  const schedule: Schedule = {
    when,
    timeZone: shape.timeZone,
    overlap: shape.overlap,
    catchUpMs: shape.catchUp,
    jitterMs: shape.jitter,
    paused: shape.paused,
  };
  warnOfOddDays(schedule, problems, nowMs);
  return schedule;
}

function whenOf(shape: ScheduleShape, problems: SyncProblems): When | undefined {
  const given = (['every', 'cron', 'calendar'] as const).filter((key) => shape[key] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none of them' : given.map((key) => `\`${key}\``).join(' and ');
    problems.error(
      'SCHEDULE_INVALID',
      ['schedule'],
      `\`schedule\`: expected one of \`every\`, \`cron\` and \`calendar\`, found ${found}.`,
    );
    return undefined;
  }
  if (shape.every !== undefined) return everyOf(shape.every, shape.offset ?? 0, problems);
  if (shape.offset !== undefined) invalid(problems, ['schedule', 'offset'], '`offset` belongs to `every`.');
  const calendars = shape.cron === undefined ? calendarsOf(shape, problems) : cronOf(shape.cron, problems);
  return calendars && { kind: 'calendar', calendars };
}

function everyOf(everyMs: number, offsetMs: number, problems: SyncProblems): When | undefined {
  if (everyMs < MIN_EVERY_MS)
    return invalid(problems, ['schedule', 'every'], `\`every\` is at least ${formatDuration(MIN_EVERY_MS)}.`);
  if (offsetMs >= everyMs)
    return invalid(problems, ['schedule', 'offset'], '`offset` is shorter than `every`: a later one means the same.');
  return { kind: 'every', everyMs, offsetMs };
}

function cronOf(text: string, problems: SyncProblems): readonly Calendar[] | undefined {
  const parsed = parseCron(text);
  const path = ['schedule', 'cron'];
  if ('problems' in parsed) {
    for (const problem of parsed.problems) problems.errorAtText('SCHEDULE_INVALID', path, text, `cron: ${problem}.`);
    return undefined;
  }
  return fires(parsed.calendar, path, problems) ? [parsed.calendar] : undefined;
}

const defaults: Partial<Record<CalendarField, string>> = { minute: '0', hour: '0' };

function calendarsOf({ calendar = [] }: ScheduleShape, problems: SyncProblems): readonly Calendar[] | undefined {
  const path = ['schedule', 'calendar'];
  const written = Array.isArray(calendar) ? calendar : [calendar];
  const sound = written.flatMap((one) => {
    const found = calendarOf(one, path, problems);
    return found && fires(found, path, problems) ? [found] : [];
  });
  return sound.length === written.length ? sound : undefined;
}

function calendarOf(shape: CalendarShape, path: TreePath, problems: SyncProblems): Calendar | undefined {
  const values: Partial<Record<CalendarField, readonly number[]>> = {};
  for (const field of calendarFields) {
    const parsed = parseField(field, String(shape[field] ?? defaults[field] ?? '*'));
    if (!parsed.ok) invalid(problems, [...path, field], `calendar: ${parsed.problem}.`);
    else values[field] = parsed.values;
  }
  const { minute, hour, dayOfMonth, month, dayOfWeek } = values;
  return minute && hour && dayOfMonth && month && dayOfWeek && { minute, hour, dayOfMonth, month, dayOfWeek };
}

/** Whether it ever fires. Says so when its two day fields may mean something else than they do in cron. */
function fires(calendar: Calendar, path: TreePath, problems: SyncProblems): boolean {
  if (neverMatches(calendar)) {
    problems.error('SCHEDULE_NEVER', path, 'it never fires: no such day is in these months.');
    return false;
  }
  if (!isAll('dayOfMonth', calendar.dayOfMonth) && !isAll('dayOfWeek', calendar.dayOfWeek))
    problems.warning(
      'SCHEDULE_DAYS_AND',
      path,
      `both the ${fieldKinds.dayOfMonth.words} and the ${fieldKinds.dayOfWeek.words} are narrowed: a day has to match both (AND), where other crons take either.`,
      'Leave one of them `*`, or use a list of two `calendar` entries for either.',
    );
  return true;
}

function checkZone(zone: string, problems: SyncProblems): boolean {
  if (isZone(zone)) return true;
  const near = didYouMean(zone, Intl.supportedValuesOf('timeZone'));
  const message = `\`${zone}\` is no time zone.${near || ' Zones are named like `Europe/Berlin` or `UTC`.'}`;
  problems.errorAtText('SCHEDULE_INVALID', ['schedule', 'timeZone'], zone, message);
  return false;
}

function checkDurations({ catchUp, jitter, every }: ScheduleShape, problems: SyncProblems): boolean {
  if (catchUp < MIN_CATCH_UP_MS)
    invalid(problems, ['schedule', 'catchUp'], `\`catchUp\` is at least ${formatDuration(MIN_CATCH_UP_MS)}.`);
  if (every !== undefined && jitter >= every)
    invalid(problems, ['schedule', 'jitter'], '`jitter` is shorter than `every`.');
  return !problems.hasErrors;
}

/** A schedule that runs in every hour loses nothing worth a warning. */
function warnOfOddDays(schedule: Schedule, problems: SyncProblems, nowMs: number): void {
  if (schedule.when.kind === 'calendar' && schedule.when.calendars.some(({ hour }) => isAll('hour', hour))) return;
  const days = oddDays(schedule, nowMs, nowMs + AHEAD_MS);
  if (days.length === 0) return;
  const words = days.map((day) => oddDayWords(day, schedule.timeZone)).join('; ');
  problems.warning('SCHEDULE_DST', ['schedule'], `${words}.`, 'Choose another hour, or `timeZone: "UTC"`.');
}

function invalid(problems: SyncProblems, path: TreePath, message: string): undefined {
  problems.error('SCHEDULE_INVALID', path, message);
}
