import { unaccountedTicks } from '../../engine/ticks.ts';
import { parseCron } from '../../model/schedule/field.ts';
import { TICK_MAX_AGE_MS, untilSeenMs } from '../../model/schedule/look.ts';
import { oddDays } from '../../model/schedule/odd-days.ts';
import { type Schedule, whenWords } from '../../model/schedule/schedule.ts';
import { formatProblem, type Problem } from '../../model/text/problem.ts';
import { compareSchedules, desiredWords } from '../../platform/temporal/schedules/compare.ts';
import type { AppliedSchedule } from '../../platform/temporal/schedules/decode.ts';
import { checkProject } from '../../project/load.ts';
import { paperProject, paperSync, withProject } from '../support/temp-project.ts';

const sync = (schedule: string): string => paperSync.replace("key: 'id',", `key: 'id',\n  schedule: ${schedule},`);

const check = (schedule: string): Promise<readonly Problem[]> =>
  withProject(
    paperProject({ 'syncs/orders.ts': sync(schedule) }),
    async (folder) => (await checkProject(folder, {})).problems,
  );

const refused: readonly [schedule: string, says: RegExp][] = [
  ["{ cron: '0 2 * *' }", /^SCHEDULE_INVALID syncs\/orders\.ts:9:21 — cron: .*five fields .* this one has 4\./],
  ["{ cron: '* * * * * *' }", /SCHEDULE_INVALID .* this one has 6: seconds are not supported\./],
  ["{ cron: '61 * * * *' }", /SCHEDULE_INVALID .* `61` in the minute: expected 0 to 59\./],
  ["{ cron: '0 2 * * 1-9' }", /SCHEDULE_INVALID .* `9` in the day of week: expected 0 to 7\./],
  ["{ cron: '0 2 * * fri-mon' }", /SCHEDULE_INVALID .* the range ends before it begins\./],
  ["{ cron: '@daily' }", /SCHEDULE_INVALID .* write `0 0 \* \* \*` instead/],
  ["{ cron: '0 0 31 2 *' }", /SCHEDULE_NEVER syncs\/orders\.ts:9:15 — it never fires/],
  ["{ cron: '0 0 31 2,4,6 *' }", /SCHEDULE_NEVER/],
  ["{ every: '1 second' }", /SCHEDULE_INVALID .* `every` is at least 10 s\./],
  ["{ every: '5' }", /VALUE_INVALID .* a number and a unit/],
  ["{ every: '5 min', offset: '5 min' }", /SCHEDULE_INVALID .* `offset` is shorter/],
  ["{ every: '5 min', jitter: '1 h' }", /SCHEDULE_INVALID .* `jitter` is shorter/],
  ["{ every: '5 min', cron: '* * * * *' }", /SCHEDULE_INVALID .* found `every` and `cron`\./],
  ["{ timeZone: 'UTC' }", /SCHEDULE_INVALID .* found none of them\./],
  ["{ cron: '0 2 * * *', timeZone: 'Mars/Base' }", /SCHEDULE_INVALID .* `Mars\/Base` is no time zone\./],
  ["{ cron: '0 2 * * *', timeZone: 'CET+1' }", /SCHEDULE_INVALID .* `CET\+1` is no time zone\./],
  ["{ cron: '0 2 * * *', timeZone: 'Europe/Berlni' }", /SCHEDULE_INVALID .* Did you mean `Europe\/Berlin`/],
  ['{ calendar: { hour: 24 } }', /SCHEDULE_INVALID .* `24` in the hour: expected 0 to 23\./],
  ['{ calendar: { huor: 4 } }', /KEY_UNKNOWN .* Did you mean `hour`/],
  ["{ every: '5 min', overlap: 'skp' }", /VALUE_INVALID .* Did you mean `skip`/],
];

test.each(refused)('check refuses the schedule %s', async (schedule, says) => {
  const errors = (await check(schedule)).filter(({ severity }) => severity === 'error');
  expect(errors.map(formatProblem)).toEqual([expect.stringMatching(says)]);
});

test('check warns of a cron that narrows both day fields, and of days on which summer time moves its hour', async () => {
  const both = (await check("{ cron: '0 2 13 * 5' }")).map(formatProblem);
  expect(both).toEqual([expect.stringMatching(/^SCHEDULE_DAYS_AND .* match both \(AND\)/)]);
  const berlin = (await check("{ cron: '30 2 * * *', timeZone: 'Europe/Berlin' }")).map(formatProblem);
  expect(berlin).toEqual([
    expect.stringMatching(/^SCHEDULE_DST .*02:30 on \d{4}-03-\d\d does not exist in Europe\/Berlin: no run/),
  ]);
  expect(berlin[0]).toMatch(/02:30 on \d{4}-10-\d\d comes twice in Europe\/Berlin/);
  expect(await check("{ cron: '*/15 * * * *', timeZone: 'Europe/Berlin' }")).toEqual([]);
  expect(await check("{ cron: '30 2 * * *' }")).toEqual([]);
});

const meanings: readonly [cron: string, words: string][] = [
  ['30 2 * * 1-5', '02:30 on monday-friday'],
  ['*/15 8-18 * * mon-fri', 'minute 0, 15, 30, 45 of hour 8-18 on monday-friday'],
  ['0 0,12 1 */3 *', '00:00, 12:00 on day 1 in january, april, july, october'],
  ['0 0 * * 7', '00:00 on sunday'],
  ['* * * * *', 'every minute of every hour'],
  ['0 0 29 2 *', '00:00 on day 29 in february'],
];

test.each(meanings)('the cron %s means %s', (cron, words) => {
  const parsed = parseCron(cron);
  expect('calendar' in parsed && whenWords({ kind: 'calendar', calendars: [parsed.calendar] })).toBe(words);
});

const daily = (cron: string, timeZone: string): Schedule => {
  const parsed = parseCron(cron);
  if (!('calendar' in parsed)) throw new Error(cron);
  return {
    when: { kind: 'calendar', calendars: [parsed.calendar] },
    timeZone,
    overlap: 'skip',
    catchUpMs: 86_400_000,
    jitterMs: 0,
    paused: false,
  };
};

test('odd days are those on which the clock of the zone skips or repeats a time of the schedule', () => {
  const year = (zone: string, cron: string) => oddDays(daily(cron, zone), Date.UTC(2027, 0), Date.UTC(2028, 0));
  expect(year('Europe/Berlin', '30 2 * * *')).toEqual([
    { date: '2027-03-28', kind: 'skipped', times: ['02:30'] },
    { date: '2027-10-31', kind: 'repeated', times: ['02:30'] },
  ]);
  expect(year('Europe/Berlin', '0 3 * * *')).toEqual([]);
  expect(year('Europe/Berlin', '30 2 * * mon')).toEqual([]);
  expect(year('America/Havana', '0 0 * * *')).toEqual([
    { date: '2027-03-14', kind: 'skipped', times: ['00:00'] },
    { date: '2027-11-07', kind: 'repeated', times: ['00:00'] },
  ]);
  expect(year('Australia/Lord_Howe', '15 2 * * *')).toEqual([
    { date: '2027-10-03', kind: 'skipped', times: ['02:15'] },
  ]);
  expect(year('UTC', '30 2 * * *')).toEqual([]);
});

const desired = { sync: 'orders', schedule: daily('0 2 * * *', 'UTC'), taskQueue: 'q' };
const applied = (more: Partial<AppliedSchedule> = {}): AppliedSchedule => ({
  sync: 'orders',
  taskQueue: 'q',
  words: desiredWords(desired),
  when: desired.schedule.when,
  timeZone: 'UTC',
  paused: false,
  note: '',
  recent: [],
  running: [],
  ...more,
});
const pausedInFile = { ...desired, schedule: { ...desired.schedule, paused: true } };

test('a comparison names what is new, changed field by field, unchanged, and orphaned', () => {
  expect(compareSchedules([desired], [])).toMatchObject([{ sync: 'orders', action: 'create' }]);
  expect(compareSchedules([desired], [applied()])).toEqual([{ sync: 'orders', action: 'unchanged', fields: [] }]);
  expect(compareSchedules([], [applied()])).toEqual([{ sync: 'orders', action: 'orphan', fields: [] }]);
  const words = { ...applied().words, timeZone: 'Europe/Paris', overlap: 'ALLOW_ALL' };
  expect(compareSchedules([desired], [applied({ words })])).toEqual([
    {
      sync: 'orders',
      action: 'change',
      fields: [
        { field: 'timeZone', from: 'Europe/Paris', to: 'UTC' },
        { field: 'overlap', from: 'ALLOW_ALL', to: 'skip' },
      ],
    },
  ]);
});

test('a pause by a person stays; one of the file comes and goes with it', () => {
  const paused = (from: typeof desired, one: AppliedSchedule) => compareSchedules([from], [one])[0]?.fields;
  expect(paused(desired, applied({ paused: true, note: 'stock-taking' }))).toEqual([]);
  expect(paused(pausedInFile, applied())).toEqual([{ field: 'paused', from: 'no', to: 'yes' }]);
  expect(paused(pausedInFile, applied({ paused: true, note: 'stock-taking' }))).toEqual([]);
  expect(paused(desired, applied({ paused: true, note: 'paused by the sync file' }))).toEqual([
    { field: 'paused', from: 'yes', to: 'no' },
  ]);
});

test('a time at which a schedule fired belongs to the tick before it, however much later jitter made it', () => {
  const [n1, n2, n3] = ['2026-11-26T10:00:00Z', '2026-11-26T10:10:00Z', '2026-11-26T10:20:00Z'];
  const fired = ['2026-11-26T10:00:40Z', '2026-11-26T10:10:00Z', '2026-11-26T10:24:00Z'];
  expect(unaccountedTicks(fired, [n1, n2, n3])).toEqual([]);
  expect(unaccountedTicks(fired, [n1, n3])).toEqual(['2026-11-26T10:10:00Z']);
  expect(unaccountedTicks(fired, [n2])).toEqual(['2026-11-26T10:00:40Z', '2026-11-26T10:24:00Z']);
  expect(unaccountedTicks(fired, [])).toEqual(fired);
  expect(unaccountedTicks([], [n1])).toEqual([]);
});

test.each([
  ['just now', 10_000, 10_000, TICK_MAX_AGE_MS],
  ['a moment ago', 9_400, 10_000, 1_400],
  ['as long ago as a tick may be behind', 8_000, 10_000, 0],
  ['long ago', 1, 10_000, 0],
  ['by a clock that is ahead', 99_000, 10_000, TICK_MAX_AGE_MS],
])('after an edit made %s a trigger waits until no tick is given what was there before', (_when, edit, now, waitMs) => {
  expect(untilSeenMs(edit, now)).toBe(waitMs);
});
