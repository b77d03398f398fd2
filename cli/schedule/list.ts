import process from 'node:process';
import { Command } from 'commander';
import { Temporal } from 'temporal-polyfill';
import { noteTicks } from '../../engine/ticks.ts';
import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { oddDays } from '../../model/schedule/odd-days.ts';
import { DAY_MS } from '../../model/text/duration.ts';
import type { Engine } from '../../operations/engine.ts';
import type { TickCounts } from '../../platform/ledger/runs/ticks.ts';
import { compareSchedules, type ScheduleChange } from '../../platform/temporal/schedules/compare.ts';
import type { AppliedSchedule } from '../../platform/temporal/schedules/decode.ts';
import { matchingTimes, nextTimes } from '../../platform/temporal/schedules/matching-times.ts';
import { appliedSchedules } from '../../platform/temporal/schedules/schedules.ts';
import { parseWhole } from '../../platform/terminal/parse.ts';
import { checkProject } from '../../project/load.ts';
import { soundSync } from '../../project/sound-sync.ts';
import { type CliContext, contextOf } from '../context.ts';
import { withEngine } from '../runs/engine.ts';
import { desiredSchedules } from './apply.ts';
import { type Listed, printSchedules } from './print.ts';

const TICKS_SHOWN = 10;
/** Summer time is set twice a year: far enough to see both days. */
const ODD_DAYS_AHEAD_MS = 366 * DAY_MS;

export const listCommand = (): Command =>
  new Command('list')
    .description(
      'Says of each schedule when it runs next, what the last run came to, which ticks began none and why, ' +
        'and whether the server has what the file says.',
    )
    .argument('[sync]', 'only this one, in detail')
    .option('-n, --next <number>', 'how many next runs', parseWhole(1, 100), 3)
    .action(async (sync: string | undefined, options: { readonly next: number }, command: Command) => {
      process.exitCode = await list(contextOf(command), sync, options.next);
    });

async function list(context: CliContext, sync: string | undefined, next: number): Promise<ExitCode> {
  const checked = await checkProject(context.projectFolder, context.env);
  if (sync !== undefined) soundSync(checked, sync);
  return withEngine(context, async (engine) => {
    const desired = desiredSchedules({ syncs: checked.project?.syncs ?? new Map() }, engine.taskQueue);
    const applied = await appliedSchedules(engine.client, engine.taskQueue, checked.project?.syncs.keys() ?? []);
    for (const { sync: name, paused } of applied) if (!paused) await noteUntilNow(engine, name);
    const counts = new Map((await engine.ledger.ticks.counts()).map((one) => [one.sync, one]));
    const changes = compareSchedules(desired, applied).filter((one) => sync === undefined || one.sync === sync);
    const listed: Listed[] = [];
    for (const change of changes) {
      const server = applied.find((one) => one.sync === change.sync);
      listed.push(await look(engine, change, server, counts.get(change.sync), next));
    }
    context.out.result({ schedules: listed }, () => printSchedules(context.out, sync, listed));
    return exitCode.ok;
  });
}

/** A tick of which nothing is known after this long began no run, jitter and a slow start included. */
const TICK_OVER_MS = 2 * 60_000;

/** Ticks are written down when the next scheduled run opens; that of an open run may be long in coming. */
const noteUntilNow = ({ client, ledger }: Engine, sync: string): Promise<void> =>
  noteTicks(
    { ledger, ticksOf: (name, from, until) => matchingTimes(client, name, new Date(from), new Date(until)) },
    sync,
    new Date(Date.now() - TICK_OVER_MS).toISOString(),
  );

const stateOf = {
  create: 'not applied',
  change: 'differs from its file',
  unchanged: 'applied',
  orphan: 'orphan',
} as const;

async function look(
  { client, ledger }: Engine,
  { sync, action, fields }: ScheduleChange,
  applied: AppliedSchedule | undefined,
  counts: TickCounts | undefined,
  next: number,
): Promise<Listed> {
  const wanted = (name: string): string => fields.find(({ field }) => field === name)?.to ?? '';
  const times = applied && !applied.paused ? await nextTimes(client, sync, new Date(), next) : [];
  const [last] = await ledger.reports.latestRuns(sync);
  return {
    sync,
    state: stateOf[action],
    when: applied?.words.when ?? wanted('when'),
    timeZone: applied?.timeZone ?? wanted('timeZone'),
    overlap: applied?.words.overlap ?? wanted('overlap'),
    catchUp: applied?.words.catchUp ?? wanted('catchUp'),
    jitter: applied?.words.jitter ?? wanted('jitter'),
    paused: applied?.paused ?? false,
    note: applied?.note || null,
    next: times.map((at) => ({ at, local: localTime(at, applied?.timeZone ?? 'UTC') })),
    oddDays: applied?.when
      ? oddDays({ when: applied.when, timeZone: applied.timeZone }, Date.now(), Date.now() + ODD_DAYS_AHEAD_MS)
      : [],
    last: last ? { run: last.run, status: last.status, startedAt: last.startedAt, trigger: last.trigger } : null,
    ticks: {
      skipped: counts?.skipped ?? 0,
      missed: counts?.missed ?? 0,
      latest: await ledger.ticks.latest(sync, TICKS_SHOWN),
    },
  };
}

const localTime = (at: string, zone: string): string =>
  Temporal.Instant.from(at).toZonedDateTimeISO(zone).toString({ smallestUnit: 'second', timeZoneName: 'never' });
