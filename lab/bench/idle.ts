import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TASK_QUEUE } from '../../model/names.ts';
import { desiredSchedules } from '../../operations/schedules/desired-schedules.ts';
import { createProgress } from '../../platform/foundation/progress.ts';
import { createSchedule } from '../../platform/temporal/schedules/schedules.ts';
import { loadProject } from '../../project/load.ts';
import { usageOf } from './processes.ts';
import { scheduledFile } from './project.ts';
import { openTestbed } from './testbed.ts';
import { EVERY_MS, tickFacts } from './ticks.ts';

/**
 * Many syncs that are scheduled every minute and find nothing to do, on one worker: what that costs, and whether a tick
 * is missed.
 */
const { values } = parseArgs({
  options: {
    syncs: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(`node dist-lab/lab/bench/idle.js [OPTIONS]
  --syncs N     scheduled every minute (1000)
  --minutes N   that are watched, after a first one that is not (5)
`);
  process.exit(0);
}

const syncs = Number(values.syncs);
const minutes = Number(values.minutes);
const progress = createProgress(process.stderr);
const testbed = await openTestbed({ records: 0, rounds: 0, latencyMs: 0, journal: true }, progress);
try {
  const names = Array.from({ length: syncs }, (_, index) => `idle-${index + 1}`);
  await progress.step(`Scheduling ${syncs} syncs every minute`, async () => {
    for (const name of names) await writeFile(join(testbed.folder, `syncs/${name}.ts`), scheduledFile);
    const env = { ...process.env, BENCH_TOKEN: 'bench', WAREHOUSE_PASSWORD: 'none' };
    const project = await loadProject(testbed.folder, env);
    for (const desired of desiredSchedules(project, TASK_QUEUE)) {
      await createSchedule(testbed.client, desired);
      await testbed.ledger.ticks.countFromNow(desired.sync);
    }
  });
  // The first minute is for what happens once: the project is read, each sync is met for the first time. What counts
  // begins just before a tick and ends just before another, so that each tick has all the time it needs.
  await sleep(EVERY_MS - (Date.now() % EVERY_MS) + 2 * EVERY_MS - 1000);
  const before = await usages();
  const from = new Date();
  await progress.step(`Watching for ${minutes} minutes`, () => sleep(minutes * EVERY_MS));
  const after = await usages();
  const until = new Date(from.getTime() + minutes * EVERY_MS);
  const ticks = await testbed.ledger.pool.query<{ outcome: string; n: number }>(
    'select outcome, count(*)::int as n from ticks where at >= $1 and at < $2 group by outcome',
    [from, until],
  );
  const found = await tickFacts(testbed.client, testbed.ledger, from, until);
  const cores = Object.fromEntries(
    Object.entries(after).map(([name, used]) => [
      name,
      {
        coresUsed: Number(((used.cpuS - (before[name]?.cpuS ?? 0)) / (minutes * 60)).toFixed(3)),
        peakMiB: used.peakMiB,
      },
    ]),
  );
  const facts = {
    ...{ syncs, minutes, expected: syncs * minutes, ...found },
    beganNone: Object.fromEntries(ticks.rows.map(({ outcome, n }) => [outcome, n])),
    ...{ actionsASecond: Math.round((found.actionsEach * syncs) / 60), cores },
  };
  process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
} finally {
  await testbed.close();
}

async function usages(): Promise<Record<string, { cpuS: number; peakMiB: number }>> {
  const named = Object.entries(testbed.pids).filter(([, pid]) => pid > 0);
  return Object.fromEntries(await Promise.all(named.map(async ([name, pid]) => [name, await usageOf(pid)] as const)));
}
