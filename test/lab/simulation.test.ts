import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Arena, openArena } from '../../lab/simulation/arena.ts';
import { type Broken, play, simulatedClasses } from '../../lab/simulation/play.ts';
import { viceNames } from '../../lab/vices/vice.ts';
import type { DeliveryClass } from '../../model/sync/delivery.ts';
import { builtLab } from '../support/built.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const SCHEDULES = 30;
/** Of one schedule on a machine that is ten times as busy as it should be. */
const LONGEST_MS = 1000;
/** The same each time, so that what breaks them is a change. Others are drawn by the long form: `npm run simulate -- --seed N`. */
const seed = 1;

let database: TestDatabase;
let arena: Arena;
/** What befell all schedules together: one to which nothing happened proves nothing. */
const seen = { schedules: 0, faults: 0, retried: 0, skipped: 0 };
/** All at once: a schedule mostly waits for the ledger. */
let playing: ReadonlyMap<DeliveryClass, Promise<Broken | undefined>>;

beforeAll(async () => {
  database = await createTestDatabase();
  arena = await openArena(database.url);
  const options = { seed, schedules: SCHEDULES, shrink: true, share: { index: 0, of: 1 }, vices: viceNames };
  playing = new Map(
    simulatedClasses.map((promise) => [
      promise,
      play(arena, promise, options, (one) => {
        seen.schedules++;
        seen.faults += one.faults;
        seen.retried += one.retried;
        seen.skipped += one.skipped;
      }),
    ]),
  );
});
afterAll(async () => {
  await arena?.close();
  await database?.drop();
});

test.each(simulatedClasses)(
  'class %s keeps every promise under random schedules',
  async (promise) => {
    const broken = await playing.get(promise);
    if (broken) throw new Error(`seed ${seed}: ${broken.words.join('; ')}\n${JSON.stringify(broken.schedule)}`);
  },
  60_000 + SCHEDULES * simulatedClasses.length * LONGEST_MS,
);

test('the schedules broke something, and writes in doubt were answered both ways', () => {
  expect(seen.faults).toBeGreaterThan(seen.schedules / 2);
  expect(Math.min(seen.retried, seen.skipped)).toBeGreaterThan(0);
});

test('the program plays each schedule once, in one process or in two', async () => {
  const program = [
    builtLab('lab/simulation/main.js'),
    '--seed',
    '7',
    '--schedules',
    '6',
    '--classes',
    'T2,T5',
    '--json',
  ];
  const env = { ...process.env, DATABASE_URL: database.url };
  const playedBy = async (processes: string): Promise<Record<string, unknown>> => {
    const { stdout } = await promisify(execFile)(process.execPath, [...program, '--processes', processes], { env });
    return JSON.parse(stdout);
  };
  const alone = await playedBy('1');
  expect(alone).toMatchObject({ seed: 7, schedules: 12, broken: [] });
  expect(alone['faults']).toBeGreaterThan(0);
  expect(await playedBy('2')).toMatchObject({ seed: 7, schedules: 12, broken: [] });
});
