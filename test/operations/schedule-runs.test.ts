import { homedir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { scheduleId } from '../../model/names.ts';
import type { Schedule } from '../../model/schedule/schedule.ts';
import { matchingTimes } from '../../platform/temporal/schedules/matching-times.ts';
import { createSchedule, deleteSchedule } from '../../platform/temporal/schedules/schedules.ts';
import { startGuard } from '../../stack/guard.ts';
import { obtainTemporal } from '../../stack/temporal-binary.ts';
import { startTemporal } from '../../stack/temporal-server.ts';
import { createTestDatabase } from '../support/database.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { noting, withFolder } from '../support/stack.ts';

/** Faster than a sync file may say it: a test does not wait ten seconds for a tick. */
const everySecond: Schedule = {
  when: { kind: 'every', everyMs: 1000, offsetMs: 0 },
  timeZone: 'UTC',
  overlap: 'skip',
  catchUpMs: 3_600_000,
  jitterMs: 0,
  paused: false,
};

/** A sync whose source can be held back, so that its run stays open. */
function heldBack(name: string): TestSync & { hold(): void; release(): void } {
  let gate = Promise.resolve();
  let open = () => {};
  const source = arraySource(() => [{ id: 'a', version: 1, value: 'a' }]);
  return {
    name,
    source: {
      ...source,
      async *read(request) {
        await gate;
        yield* source.read(request);
      },
    },
    destination: journalDestination({ upsert: true, lookupLagMs: 0 }),
    hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => open(),
  };
}

async function until<T>(what: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 1000; tries++) {
    const found = await what();
    if (found) return found;
    await sleep(50);
  }
  throw new Error('it did not come to be');
}

const scheduled = async ({ ledger }: TestEngine, sync: string) =>
  (await ledger.reports.latestRuns(sync)).filter(({ trigger }) => trigger === 'schedule');

async function begin(engine: TestEngine, sync: string, schedule: Schedule): Promise<void> {
  await createSchedule(engine.client, { sync, schedule, taskQueue: engine.taskQueue });
  await engine.ledger.ticks.countFromNow(sync);
}

test('a tick starts a run that names itself; one that finds a run open is noted as skipped, with that run', async () => {
  const sync = heldBack(`ticking-${process.pid}`);
  const engine = await createTestEngine([sync]);
  try {
    await begin(engine, sync.name, everySecond);
    const [first] = await until(async () => {
      const runs = await scheduled(engine, sync.name);
      return runs.some(({ status }) => status === 'succeeded') && runs;
    });
    expect(first?.run).toMatch(/^\d{8}T\d{6}-[0-9a-f]{12}$/);
    expect(first?.workflowId).toMatch(/:scheduled-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

    // A run by hand that no tick can be quicker than.
    const schedule = engine.client.schedule.getHandle(scheduleId(sync.name));
    await schedule.pause();
    await until(async () => (await schedule.describe()).info.runningActions.length === 0);
    sync.hold();
    const byHand = await engine.start(sync.name, { run: 'by-hand' });
    await until(async () => (await engine.ledger.reports.run('by-hand')) !== undefined);
    await schedule.unpause();
    // Of the ticks meanwhile some begin a workflow that ends at once, others not even that.
    const workflowOf = (at: string) => engine.client.workflow.getHandle(`sync:${sync.name}:scheduled-${at}`);
    const skipped = await until(async () => {
      const ticks = (await engine.ledger.ticks.latest(sync.name, 10)).filter(({ run }) => run === 'by-hand');
      for (const tick of ticks)
        if (
          await workflowOf(tick.at)
            .describe()
            .catch(() => null)
        )
          return tick;
      return undefined;
    });
    expect(skipped).toMatchObject({ outcome: 'skipped' });
    expect((await engine.ledger.standings.all())[0]?.idleTicks?.skipped).toBeGreaterThan(0);
    const ended = await workflowOf(skipped.at).result();
    expect(ended).toMatchObject({ status: 'skipped', counts: { fetched: 0 } });
    sync.release();
    expect(await byHand.result()).toMatchObject({ status: 'succeeded' });
    engine.alsoStarted(first?.workflowId ?? '', 'scheduled');
    engine.alsoStarted(workflowOf(skipped.at).workflowId, 'scheduled-skipped');
  } finally {
    sync.release();
    await deleteSchedule(engine.client, sync.name).catch(() => {});
    await engine.close();
  }
}, 120_000);

test('a tick that was noted as missed and begins a run after all is missed no longer', async () => {
  const engine = await createTestEngine([], { worker: 'none' });
  try {
    const { runs, ticks } = engine.ledger;
    const at = '2026-03-01T10:00:00Z';
    await ticks.countFromNow('late');
    await ticks.passed('late', [at]);
    expect(await ticks.latest('late', 10)).toMatchObject([{ at, outcome: 'missed' }]);
    const claim = { workflowId: 'w', trigger: 'schedule', overlapMs: 0, syncVersion: '1', takeOverFrom: null } as const;
    await runs.claim({ ...claim, sync: 'late', run: 'of-the-tick', mode: 'full', scheduledFor: at });
    expect(await ticks.latest('late', 10)).toEqual([]);
  } finally {
    await engine.close();
  }
});

const backfill = { since: { kind: 'number', value: 1 }, until: { kind: 'number', value: 9 } } as const;

test.each([
  ['buffer one', 'BUFFER_ONE', 'run', undefined],
  ['skip', 'SKIP', 'backfill', backfill],
] as const)(
  'with `%s` a tick (%s) waits for an open %s, and begins when that has ended',
  async (overlap, policy, what, range) => {
    const sync = heldBack(`waiting-${what}-${process.pid}`);
    const engine = await createTestEngine([sync]);
    try {
      sync.hold();
      const byHand = await engine.start(sync.name, range ? { range } : {});
      await until(async () => (await engine.ledger.reports.latestRuns(sync.name)).length > 0);
      await begin(engine, sync.name, { ...everySecond, overlap, paused: true });
      await engine.client.schedule.getHandle(scheduleId(sync.name)).trigger(policy);
      const waiting = await until(async () => {
        const { info } = await engine.client.schedule.getHandle(scheduleId(sync.name)).describe();
        const id = info.runningActions[0]?.workflow.workflowId;
        if (id === undefined) return undefined;
        const handle = engine.client.workflow.getHandle(id);
        const [step] = (await handle.describe()).raw.pendingActivities ?? [];
        return step?.lastFailure?.applicationFailureInfo?.type === 'RUN_OPEN' && handle;
      });
      sync.release();
      expect(await byHand.result()).toMatchObject({ status: 'succeeded' });
      expect(await waiting.result()).toMatchObject({ status: 'succeeded' });
      engine.alsoStarted(waiting.workflowId, `scheduled-after-${what}`);
      expect(await engine.ledger.ticks.latest(sync.name, 10)).toEqual([]);
    } finally {
      sync.release();
      await deleteSchedule(engine.client, sync.name).catch(() => {});
      await engine.close();
    }
  },
  60_000,
);

test('after a server that was down over ticks one run catches up, and every tick is accounted for', async () => {
  const guard = startGuard();
  const binary = await obtainTemporal({ env: process.env, home: homedir() }, noting());
  const database = await createTestDatabase();
  try {
    await withFolder(async (folder) => {
      const start = () =>
        startTemporal({ folder, binary, env: process.env, guard, progress: noting(), headless: true, ports: 'any' });
      const sync = heldBack('outage');
      const whileUp = async (work: (engine: TestEngine) => Promise<void>) => {
        const { address, server } = await start();
        const engine = await createTestEngine([sync], {
          temporal: address,
          databaseUrl: database.url,
          taskQueue: 'outage',
        });
        try {
          await work(engine);
        } finally {
          await engine.close();
          await server.stop();
        }
      };
      const runsAfter = (engine: TestEngine, at: string, count: number) =>
        until(
          async () => (await scheduled(engine, sync.name)).filter(({ startedAt }) => startedAt > at).length >= count,
        );

      await whileUp(async (engine) => {
        await begin(engine, sync.name, everySecond);
        await runsAfter(engine, '', 2);
      });
      await sleep(3000);
      const up = new Date().toISOString();
      await whileUp(async (engine) => {
        await runsAfter(engine, up, 3);
        const ticks = await accounts(engine, sync.name, up);
        expect(ticks.lost).toEqual([]);
        expect(ticks.noted).toBeGreaterThan(1);
        expect(ticks.late).toBeLessThanOrEqual(1);
      });
    });
  } finally {
    await database.drop();
    await guard.close();
  }
}, 120_000);

/**
 * Of each tick from the first to the last what came of it: noted without a run, run late after the server was `up` again,
 * or lost, which is none.
 */
async function accounts(
  engine: TestEngine,
  sync: string,
  up: string,
): Promise<{ lost: readonly string[]; noted: number; late: number }> {
  const { rows } = await engine.ledger.pool.query<{ at: Date; started: Date | null }>(
    `select scheduled_for as at, started_at as started from runs where scheduled_for is not null
     union all select at, null from ticks order by at`,
  );
  const [first, last] = [rows[0]?.at, rows.at(-1)?.at];
  if (!first || !last) throw new Error('no ticks');
  const all = await matchingTimes(engine.client, sync, new Date(first.getTime() - 1000), last);
  const known = new Set(rows.map(({ at }) => at.toISOString().replace('.000', '')));
  return {
    lost: all.filter((tick) => !known.has(tick)),
    noted: rows.filter(({ started }) => started === null).length,
    late: rows.filter(({ at, started }) => started !== null && started > new Date(up) && at < new Date(up)).length,
  };
}
