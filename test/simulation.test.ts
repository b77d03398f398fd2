import fc from 'fast-check';
import { unaccounted } from '../model/batch.ts';
import type { DeliveryClass } from '../model/delivery.ts';
import { type Ledger, openLedger } from '../platform/ledger/ledger.ts';
import { createTestDatabase, type TestDatabase } from './support/database.ts';
import type { Fate } from './support/simulated-destination.ts';
import { type Fault, type Schedule, type SimulatedRun, Simulation } from './support/simulation.ts';

/**
 * The steps themselves, on a real ledger, under random schedules of crashes, frozen attempts, lost answers, half-done
 * requests, cancelled runs. A schedule that breaks a promise is printed with its seed, made as small as it gets.
 * `SIMULATION_RUNS=5000 SIMULATION_SEED=7` for more.
 */
const numRuns = Number(process.env['SIMULATION_RUNS'] ?? 60);
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
  calls: fc.integer({ min: 1, max: 25 }),
});
const run: fc.Arbitrary<SimulatedRun> = fc.record({
  changes: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 }),
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

/** Every promise that the schedule broke, in words. */
async function breaches(schedule: Schedule): Promise<string[]> {
  const simulation = new Simulation(ledger, schedule);
  await simulation.play();
  const { destination, closed, source, unannounced, sync } = simulation;
  const found: string[] = [];
  for (const { counts, run: id, status } of closed)
    if (unaccounted(counts) !== 0) found.push(`invariant 1, conservation: run ${id} (${status})`);
  if (!/succeeded|partial/.test(closed.at(-1)?.status ?? ''))
    found.push('progress: the run without faults did not end well');
  const refused = new Set(
    (
      await ledger.pool.query('select q.key from quarantine q join syncs s on s.id = q.sync_id where s.name = $1', [
        sync,
      ])
    ).rows.map(({ key }) => key),
  );
  for (const { watermark, held } of closed)
    for (const { id, version } of source.values())
      if (watermark !== null && version <= watermark && !held.has(id) && !refused.has(id))
        found.push(`invariant 2, cursor behind: ${id} at ${version}, cursor ${watermark}`);
  if (unannounced > 0) found.push(`invariant 3, intent first: ${unannounced} writes without an intent`);
  const seen = new Set<string>();
  const newest = new Map<string, number>();
  for (const { key, version } of destination.effects) {
    if (seen.has(`${key}@${version}`) && schedule.promise !== 'T3')
      found.push(`invariant 4, no double effect: ${key}@${version}`);
    seen.add(`${key}@${version}`);
    if (version < (newest.get(key) ?? 0)) found.push(`invariant 5, newest wins: ${key} went back to ${version}`);
    newest.set(key, version);
  }
  for (const one of source.values())
    if (newest.get(one.id) !== one.version && !refused.has(one.id))
      found.push(`nothing lost: ${one.id}@${one.version}`);
  const doubts = await ledger.pool.query(
    `select from intents i join runs r on r.id = i.run join syncs s on s.id = r.sync_id
     where s.name = $1 and i.state in ('open', 'unknown')`,
    [sync],
  );
  if ((doubts.rowCount ?? 0) > 0) found.push(`invariant 3: ${doubts.rowCount} requests were never settled`);
  return found;
}

test.each(['T1', 'T2', 'T3', 'T4'] as const)(
  'class %s keeps every promise under random schedules',
  async (promise) => {
    await fc.assert(
      fc.asyncProperty(schedules(promise), async (schedule) => {
        expect(await breaches(schedule)).toEqual([]);
      }),
      { numRuns, endOnFailure: false, ...(seed === undefined ? {} : { seed: Number(seed) }) },
    );
  },
  600_000,
);
