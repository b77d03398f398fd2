import { type Arena, openArena } from '../../lab/simulation/arena.ts';
import type { Schedule } from '../../lab/simulation/schedule.ts';
import { ViciousSimulation } from '../../lab/simulation/vicious-simulation.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let arena: Arena;
beforeAll(async () => {
  database = await createTestDatabase();
  arena = await openArena(database.url);
});
afterAll(async () => {
  await arena.close();
  await database.drop();
});

const whole = { changes: [], removals: [], read: 'whole', cancelAt: null, full: false } as const;
const schedule = { promise: 'T1', faults: [], fates: [], peace: 'full first' } as const;

const schedules: readonly (readonly [string, Schedule])[] = [
  [
    'a record that took over a row is read back like any other: a value that the destination bends is no success',
    {
      ...schedule,
      runs: [
        { ...whole, cancelAt: 2 },
        { ...whole, changes: [4] },
      ],
      vices: ['zone-filter', 'stripped-zeros', 'bent-values'],
    },
  ],
  [
    'a record that took over a row agrees once its value does: the spelling of its key is the table’s own',
    {
      ...schedule,
      runs: [whole, { ...whole, changes: [4], full: true }],
      vices: ['folded-case', 'bent-values'],
    },
  ],
  [
    'a record that took over a row under a key that comes twice is written once: the next run has nothing to write',
    {
      ...schedule,
      promise: 'T5',
      runs: [{ ...whole, removals: [0, 1] }],
      vices: ['day-ahead-stamp', 'repeated-key', 'stripped-zeros'],
    },
  ],
  [
    'a stamp of another kind is none, also where it comes alone in a batch of the first run',
    { ...schedule, promise: 'T5', runs: [{ ...whole, changes: [10] }], vices: ['other-kind-stamp', 'epoch-filter'] },
  ],
  [
    'of two keys that are one row the second is set aside while the first is in doubt',
    {
      ...schedule,
      promise: 'T2',
      fates: ['done', 'lost before'],
      runs: [{ ...whole, changes: [11], removals: [2] }],
      vices: ['zone-filter', 'folded-case', 'fewer-results'],
    },
  ],
];

test.each(schedules)('invariant 11, honest status: %s', async (_says, played) => {
  const simulation = new ViciousSimulation(arena.ledger, arena.warehouse, played);
  await simulation.play();
  expect(simulation.words).toEqual([]);
});
