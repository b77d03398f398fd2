import { setTimeout as sleep } from 'node:timers/promises';
import { leastFaults, stuckAfterMs } from './bounds.ts';
import type { ChaosClass } from './chaos-class.ts';
import { injectFaults } from './inject-faults.ts';
import type { Played } from './played.ts';
import type { Runs } from './runs.ts';
import type { Kind, RoundPlan } from './schedule.ts';
import { felt, type Tally } from './tally.ts';
import type { Targets } from './targets.ts';
import { type Reading, readingsSince, Watch } from './watch.ts';

const LONGEST_MS = 30_000;

/** Starts a run of each sync, breaks everything for a while, and waits until the runs have ended, however. */
export async function play(
  targets: Targets,
  runs: ReadonlyMap<ChaosClass, Runs>,
  plan: RoundPlan,
  tally: Tally,
  patient: boolean,
): Promise<Played> {
  const { systems, workers, servers } = targets;
  await workers.ready();
  await tally.begin();
  await systems.change(plan);
  await systems.trouble(plan.trouble, plan.forgets);
  await systems.reads();
  workers.arm(plan.failpoints);
  const killsBefore = workers.kills;
  const startedMs = Date.now();
  const watch = new Watch(servers.own.databaseUrl);
  let untilMs = Number.POSITIVE_INFINITY;
  let open = plan.runs.size;
  const ending = [...runs].flatMap(([name, one]) => {
    const run = plan.runs.get(name);
    return run ? [one.toEnd(run, plan.forgets, () => untilMs).then((end) => [name, end] as const)] : [];
  });
  for (const run of ending) void run.then(() => open--);
  await injectFaults(targets, plan);
  await servers.heal();
  await workers.ready();
  await untilFelt(tally, plan.kind, () => open > 0);
  workers.arm([]);
  await systems.trouble(0, false);
  const healedMs = performance.now();
  untilMs = healedMs + stuckAfterMs(patient);
  const ends = new Map(await Promise.all(ending));
  const endedMs = performance.now();
  await watch.stop();
  return {
    ends,
    recoveryMs: Math.round(endedMs - healedMs),
    kills: workers.kills - killsBefore,
    silenceMs: Math.round(watch.longestSilenceMs),
    pagesAgain: pagesAgain(await systems.reads(), await readingsSince(servers.own.databaseUrl, startedMs)),
    batchesInDoubt: watch.batchesInDoubt,
  };
}

/** On a busy machine the faults may fall before the runs have come far: then both systems go on failing for a while. */
async function untilFelt(tally: Tally, kind: Kind, open: () => boolean): Promise<void> {
  const untilMs = performance.now() + LONGEST_MS;
  while (open() && performance.now() < untilMs && felt(await tally.faults()) < leastFaults[kind]) await sleep(200);
}

/**
 * Of all syncs the one with the most: how many pages it was given again for each attempt to read that began again. The
 * page that is asked for ahead when a batch ends does not count: the next batch asks for it. `reads`: `SYNC SINCE CURSOR`.
 */
export function pagesAgain(reads: readonly string[], readings: ReadonlyMap<string, Reading>): number {
  const again = new Map<string, number>();
  const seen = new Set<string>();
  for (const read of reads) {
    const [sync = ''] = read.split(' ');
    if (seen.has(read)) again.set(sync, (again.get(sync) ?? 0) + 1);
    seen.add(read);
  }
  const perAttempt = [...again].map(([sync, pages]) => {
    const { batches, again: attempts } = readings.get(sync) ?? { batches: 0, again: 0 };
    return Math.ceil((pages - batches) / Math.max(1, attempts));
  });
  return Math.max(0, ...perAttempt);
}
