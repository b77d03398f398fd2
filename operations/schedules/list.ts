import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { noteTicks } from '../../engine/ticks.ts';
import { oddDays } from '../../model/schedule/odd-days.ts';
import { DAY_MS } from '../../model/text/duration.ts';
import type { TickCounts } from '../../platform/ledger/runs/ticks.ts';
import { compareSchedules, type ScheduleChange } from '../../platform/temporal/schedules/compare.ts';
import type { AppliedSchedule } from '../../platform/temporal/schedules/decode.ts';
import { matchingTimes, nextTimes } from '../../platform/temporal/schedules/matching-times.ts';
import { appliedSchedules } from '../../platform/temporal/schedules/schedules.ts';
import { checkProject } from '../../project/load.ts';
import { soundSync } from '../../project/sound-sync.ts';
import type { EngineContext } from '../context.ts';
import type { Engine } from '../engine.ts';
import { operation } from '../operation.ts';
import { desiredSchedules } from './desired-schedules.ts';

const TICKS_SHOWN = 10;
/** Summer time is set twice a year: far enough to see both days. */
const ODD_DAYS_AHEAD_MS = 366 * DAY_MS;

const oddDay = z.object({
  date: z.string(),
  kind: z.enum(['skipped', 'repeated']),
  times: z.array(z.string()).readonly(),
});

const tick = z.object({
  sync: z.string(),
  at: z.string(),
  outcome: z.enum(['skipped', 'missed']),
  run: z.string().nullable(),
});

const listedSchedule = z.object({
  sync: z.string(),
  state: z.enum(['applied', 'differs from its file', 'not applied', 'orphan']),
  when: z.string(),
  timeZone: z.string(),
  overlap: z.string(),
  catchUp: z.string(),
  jitter: z.string(),
  paused: z.boolean(),
  note: z.string().nullable(),
  /** As Temporal will take them, jitter included. `at` in UTC, `local` by the clock of the zone. */
  next: z.array(z.object({ at: z.string(), local: z.string() })).readonly(),
  oddDays: z.array(oddDay).readonly(),
  last: z.object({ run: z.string(), status: z.string(), startedAt: z.string(), trigger: z.string() }).nullable(),
  ticks: z.object({ skipped: z.number(), missed: z.number(), latest: z.array(tick).readonly() }),
});
export type ListedSchedule = z.output<typeof listedSchedule>;

/**
 * When each schedule runs next, what its last run came to, which ticks began none and why, and whether the server has
 * what the file says. `sync`: of this one alone. `next`: how many next runs.
 */
export const listSchedules = operation({
  name: 'schedule.list',
  effect: 'reads',
  input: z.object({ sync: z.string().nullable(), next: z.int().min(1).max(100) }),
  document: z.object({ schedules: z.array(listedSchedule).readonly() }),
  target: ({ sync }) => sync,
  async work({ projectFolder, env, engine: open }: EngineContext, { sync, next }) {
    const checked = await checkProject(projectFolder, env);
    if (sync !== null) soundSync(checked, sync);
    const engine = await open();
    const desired = desiredSchedules({ syncs: checked.project?.syncs ?? new Map() }, engine.taskQueue);
    const applied = await appliedSchedules(engine.client, engine.taskQueue, checked.project?.syncs.keys() ?? []);
    for (const { sync: name, paused } of applied) if (!paused) await noteUntilNow(engine, name);
    const counts = new Map((await engine.ledger.ticks.counts()).map((one) => [one.sync, one]));
    const changes = compareSchedules(desired, applied).filter((one) => sync === null || one.sync === sync);
    const schedules: ListedSchedule[] = [];
    for (const change of changes) {
      const server = applied.find((one) => one.sync === change.sync);
      schedules.push(await look(engine, change, server, counts.get(change.sync), next));
    }
    return { schedules };
  },
});

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
): Promise<ListedSchedule> {
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
