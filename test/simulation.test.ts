import fc from 'fast-check';
import { breaches } from '../dev/torture/checker.ts';
import type { DeliveryClass } from '../model/delivery.ts';
import { type Ledger, openLedger } from '../platform/ledger/ledger.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import type { Fate } from './support/simulated-destination.ts';
import { type ClosedRun, type Fault, type Schedule, type SimulatedRun, Simulation } from './support/simulation.ts';

/**
 * The steps themselves, on a real ledger, under random schedules of crashes, frozen attempts, lost answers, half-done
 * requests, cancelled runs. A schedule that breaks a promise is printed with its seed, made as small as it gets.
 * `SIMULATION_RUNS=5000 SIMULATION_SEED=7` for more of each class; `SIMULATION_SHRINK=0` to end at the first.
 */
const numRuns = Number(process.env['SIMULATION_RUNS'] ?? 30);
/** Of one schedule on a machine that is ten times as busy as it should be. */
const LONGEST_MS = 1000;
const seed = process.env['SIMULATION_SEED'];

let database: TestDatabase;
let ledger: Ledger;
beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger(database.url);
});
afterAll(async () => {
  await ledger?.close();
  await database?.drop();
});

const fates: readonly Fate[] = [
  'done',
  'done',
  'refused',
  'lost before',
  'lost after',
  'lost half way',
  'item refused',
];
const fault: fc.Arbitrary<Fault> = fc.record({
  at: fc.integer({ min: 1, max: 120 }),
  what: fc.constantFrom('crash before', 'crash after', 'freeze'),
  // Some wake when another run has gone on without them.
  calls: fc.oneof(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 30, max: 200 })),
});
const run: fc.Arbitrary<SimulatedRun> = fc.record({
  changes: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 }),
  removals: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }),
  read: fc.constantFrom('whole', 'whole', 'breaks', 'forgets'),
  cancelAt: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 3 }),
  full: fc.boolean(),
});
const schedules = (promise: DeliveryClass): fc.Arbitrary<Schedule> =>
  fc.record({
    promise: fc.constant(promise),
    faults: fc.array(fault, { maxLength: 6 }),
    fates: fc.array(fc.constantFrom(...fates), { maxLength: 10 }),
    runs: fc.array(run, { minLength: 1, maxLength: 3 }),
  });

/** Every promise that the schedule broke, in words. The checker is the yard's. */
async function found(schedule: Schedule): Promise<string[]> {
  const simulation = new Simulation(ledger, schedule);
  await simulation.play();
  const { destination, closed, unannounced, sync, answers } = simulation;
  seen.schedules++;
  seen.faults += simulation.fired;
  seen.retried += answers.retry;
  seen.skipped += answers.skip;
  const journal = destination.effects.map(({ key, ...effect }) => ({ id: key, ...effect }));
  const { rows } = await ledger.pool.query(
    'select q.key from quarantine q join syncs s on s.id = q.sync_id where s.name = $1',
    [sync],
  );
  const last = closed.at(-1);
  const words = closed.flatMap((run) =>
    breaches({
      promise: yardClass[schedule.promise],
      truth: run.truth,
      journal: journal.slice(0, run.effects),
      runs: [{ id: run.run, status: run.status, counts: { ...run.counts }, startedMs: 0, endedMs: 0 }],
      watermark: run.watermark,
      quarantined: new Set(rows.map(({ key }) => String(key))),
      doubts: run.doubts.writes + run.doubts.deletes,
      deletions: run.deletions,
      answers,
      excused: { lost: new Set(), doubled: 0, retried: 0 },
      final: run === last,
      emptied: run.emptied,
    }),
  );
  if (!endedWell(last)) words.push('the run without faults did not end well');
  // A delete in doubt is settled by the next run that deletes.
  const open = ({ doubts, emptied }: ClosedRun) => doubts.writes + (emptied ? doubts.deletes : 0);
  const forgot = closed.filter((run) => endedWell(run) && open(run) > 0);
  if (forgot.length > 0)
    words.push(`invariant 3, intent first: ${forgot.length} runs ended well with a request in doubt`);
  if (unannounced > 0) words.push(`invariant 3, intent first: ${unannounced} writes without an intent`);
  return words;
}

const endedWell = (run: ClosedRun | undefined): boolean => /succeeded|partial/.test(run?.status ?? '');

const classes = ['T1', 'T2', 'T3', 'T4', 'T5'] as const;
const yardClass = { T1: 't1', T2: 't2', T3: 't3', T4: 't4', T5: 't5' } as const;

/** What befell all schedules together: one to which nothing happened proves nothing. */
const seen = { schedules: 0, faults: 0, retried: 0, skipped: 0 };

const play = (promise: DeliveryClass): Promise<void> =>
  fc.assert(
    fc.asyncProperty(schedules(promise), async (schedule) => {
      expect(await found(schedule)).toEqual([]);
    }),
    {
      numRuns,
      endOnFailure: process.env['SIMULATION_SHRINK'] === '0',
      ...(seed === undefined ? {} : { seed: Number(seed) }),
    },
  );

/** All at once: a schedule mostly waits for the ledger. */
let playing: ReadonlyMap<DeliveryClass, Promise<void>>;
beforeAll(() => {
  const startedMs = performance.now();
  playing = new Map(classes.map((promise) => [promise, play(promise)]));
  // Each is awaited by its own test; one that fails before that must not count as unhandled.
  void Promise.allSettled(playing.values()).then(() => {
    const minutes = (performance.now() - startedMs) / 60_000;
    process.stderr.write(
      `simulation: ${seen.schedules} schedules, ${Math.round(seen.schedules / minutes)} a minute, ${seen.faults} faults\n`,
    );
  });
});

test.each(classes)(
  'class %s keeps every promise under random schedules',
  (promise) => playing.get(promise),
  60_000 + numRuns * classes.length * LONGEST_MS,
);

test('the schedules broke something, and writes in doubt were answered both ways', () => {
  expect(seen.faults).toBeGreaterThan(seen.schedules / 2);
  expect(Math.min(seen.retried, seen.skipped)).toBeGreaterThan(0);
});
