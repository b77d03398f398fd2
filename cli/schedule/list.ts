import process from 'node:process';
import { Command } from 'commander';
import { Temporal } from 'temporal-polyfill';
import { noteTicks } from '../../activities/ticks.ts';
import { type ExitCode, exitCode } from '../../model/exit-code.ts';
import { type OddDay, oddDays, oddDayWords } from '../../model/schedule/odd-days.ts';
import type { RunSummary } from '../../platform/ledger/reports.ts';
import type { Tick, TickCounts } from '../../platform/ledger/ticks.ts';
import { checkProject } from '../../platform/project/load.ts';
import { soundSync } from '../../platform/project/sound-sync.ts';
import { compareSchedules, type ScheduleChange } from '../../platform/schedules/compare.ts';
import type { AppliedSchedule } from '../../platform/schedules/decode.ts';
import { matchingTimes, nextTimes } from '../../platform/schedules/matching-times.ts';
import { appliedSchedules } from '../../platform/schedules/schedules.ts';
import { type CliContext, contextOf } from '../context.ts';
import type { Out } from '../output/out.ts';
import { parseWhole } from '../output/parse.ts';
import { safeText } from '../output/text.ts';
import { type Engine, withEngine } from '../runs/engine.ts';
import { paintStatus } from '../runs/report.ts';
import { desiredSchedules } from './apply.ts';

const TICKS_SHOWN = 10;
/** Summer time is set twice a year: far enough to see both days. */
const ODD_DAYS_AHEAD_MS = 366 * 86_400_000;

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

/** A schedule as `list` shows it; also the entry of its document. */
interface Listed {
  readonly sync: string;
  readonly state: 'applied' | 'differs from its file' | 'not applied' | 'orphan';
  readonly when: string;
  readonly timeZone: string;
  readonly overlap: string;
  readonly catchUp: string;
  readonly jitter: string;
  readonly paused: boolean;
  readonly note: string | null;
  /** As Temporal will take them, jitter included. `at` in UTC, `local` by the clock of the zone. */
  readonly next: readonly { readonly at: string; readonly local: string }[];
  readonly oddDays: readonly OddDay[];
  readonly last: Pick<RunSummary, 'run' | 'status' | 'startedAt' | 'trigger'> | null;
  readonly ticks: { readonly skipped: number; readonly missed: number; readonly latest: readonly Tick[] };
}

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
    context.out.result({ schedules: listed }, () => print(context.out, sync, listed));
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

function print(out: Out, sync: string | undefined, listed: readonly Listed[]): void {
  if (listed.length === 0) out.line(sync === undefined ? 'No sync has a schedule.' : `${sync} has no schedule.`);
  else if (sync === undefined) printAll(out, listed);
  else for (const one of listed) printOne(out, one);
}

function printAll(out: Out, listed: readonly Listed[]): void {
  out.table(
    [
      { title: 'SYNC', paint: out.style.name },
      { title: 'WHEN' },
      { title: 'NEXT' },
      { title: 'LAST RUN' },
      { title: 'SKIPPED', align: 'right' },
      { title: 'MISSED', align: 'right' },
      { title: 'STATE' },
    ],
    listed.map((one) => [
      one.sync,
      `${one.when} (${one.timeZone})`,
      one.paused ? 'paused' : (one.next[0]?.local ?? ''),
      one.last ? `${one.last.status} ${one.last.startedAt.slice(0, 19)}Z` : 'never',
      String(one.ticks.skipped),
      String(one.ticks.missed),
      one.paused && one.note ? `${one.state}; ${one.note}` : one.state,
    ]),
  );
}

function printOne(out: Out, one: Listed): void {
  const { style } = out;
  out.line(`${style.strong(one.sync)}  ${one.when} (${one.timeZone})  ${one.state}`);
  out.line(style.faint(`overlap ${one.overlap}, catches up ${one.catchUp}, jitter ${one.jitter}`));
  if (one.paused) out.line(style.doubtful(`paused: ${safeText(one.note ?? '')}`));
  for (const { at, local } of one.next) out.line(`next     ${local}  ${style.faint(at)}`);
  for (const day of one.oddDays) out.line(style.doubtful(`odd day  ${oddDayWords(day, one.timeZone)}`));
  if (one.last)
    out.line(
      `last     ${one.last.startedAt}  ${paintStatus(style, one.last.status)} (${one.last.trigger}, run ${one.last.run})`,
    );
  for (const { at, outcome, run } of one.ticks.latest)
    out.line(`tick     ${at}  ${outcome}${tickReason(outcome, run)}`);
}

const tickReason = (outcome: Tick['outcome'], run: string | null): string =>
  outcome === 'skipped' ? `: run ${run} was open` : ': the schedule was paused, or no server was up';
