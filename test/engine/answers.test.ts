import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import type { RunReport } from '../../model/sync/batch.ts';
import type { Parked, RunState } from '../../model/sync/run-state.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { holdWrites, type JournalDestination, journalDestination } from '../support/journal.ts';
import { untilInDoubt } from '../support/ledger.ts';

const order = (n: number): Json => ({ id: `o${n}`, version: n, value: `v${n}` });
const orders = (count: number): Json[] => Array.from({ length: count }, (_, n) => order(n));

let engine: TestEngine;
afterEach(() => engine.close());
async function engineFor(sync: TestSync): Promise<TestEngine> {
  engine = await createTestEngine([sync]);
  return engine;
}

/** What the run asks a person, once it asks `code`. */
async function asked(handle: WorkflowHandle, code: Parked['code']): Promise<Parked> {
  for (let tries = 0; tries < 600; tries++) {
    const { parked } = await handle.query<RunState>('status');
    if (parked?.code === code) return parked;
    await sleep(25);
  }
  throw new Error(`the run never asked about ${code}`);
}

/** A step that gives up on a write in doubt has been told so, and stands behind another that was asked about first. */
async function inDoubt(): Promise<void> {
  await untilInDoubt(engine.ledger);
  // The next attempt meets the doubt and asks; nothing shows it while another question is open.
  await sleep(1_000);
}

const keysOf = ({ effects }: JournalDestination): string[] => effects.map(({ key }) => key);

test('invariant 4, no double effect: `retry` of a fetch does not send the write in doubt that was parked after it', async () => {
  let mended = false;
  const books = journalDestination({}, 20);
  const { release } = holdWrites(books);
  books.fate = (n) => (n === 1 ? 'lost after' : 'done');
  const fail = (page: number) => {
    if (page === 1 && !mended) throw new SyncFailure('AUTH_REJECTED', 'refused', { effect: 'none' });
  };
  const source = arraySource(() => orders(20), { fail });
  const { start } = await engineFor({
    name: 'fetch-and-doubt',
    source,
    destination: books,
    policy: { batchRecords: 10 },
  });
  const handle = await start('fetch-and-doubt');
  await asked(handle, 'AUTH_REJECTED');
  release();
  await inDoubt();
  mended = true;
  await handle.executeUpdate('retry');
  // Now it is shown, and a person decides: it had arrived.
  expect(await asked(handle, 'OUTCOME_UNKNOWN')).toMatchObject({ step: 'deliver', batch: 1 });
  await handle.executeUpdate('skip');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 20, delivered: 20 } });
  expect(keysOf(books)).toEqual(orders(20).map((_, n) => `o${n}`));
}, 60_000);

test('invariant 1, no record lost: `skip` of a drift does not count the write in doubt behind it as done', async () => {
  const Order = z.object({ id: z.string(), version: z.number(), note: z.string().optional(), total: z.number() });
  const sixty = (version: number, more: (n: number) => object): Json[] =>
    Array.from({ length: 60 }, (_, n) => ({ id: `o${n}`, version, total: n, ...more(n) }));
  let records = sixty(1, () => ({ note: 'n' }));
  const books = journalDestination({}, 30);
  const sync = { name: 'drift-and-doubt', source: arraySource(() => records), from: Order };
  const { run, start } = await engineFor({ ...sync, destination: books, policy: { batchRecords: 30, readBack: 0 } });
  await run('drift-and-doubt');
  records = sixty(2, (n) => (n < 30 ? { note: 'n' } : { remark: 'x' }));
  const { requests } = books;
  const { release } = holdWrites(books);
  books.fate = (n) => (n === requests + 1 ? 'lost before' : 'done');
  const handle = await start('drift-and-doubt', { full: true });
  await asked(handle, 'SCHEMA_DRIFT');
  release();
  await inDoubt();
  await handle.executeUpdate('skip');
  await asked(handle, 'OUTCOME_UNKNOWN');
  await handle.executeUpdate('retry');
  const report: RunReport = await handle.result();
  expect(report).toMatchObject({ status: 'succeeded', counts: { delivered: 60 } });
  expect(books.effects.filter(({ json }) => json.includes('"version":2'))).toHaveLength(60);
}, 60_000);

test('invariant 4, no double effect: `retry` of a refused delivery does not send another request of it that is in doubt', async () => {
  let mended = false;
  const books = journalDestination({}, 5);
  let requests = 0;
  const destination: JournalDestination = {
    ...books,
    limits: { ...books.limits, concurrency: 2 },
    async write(request) {
      requests++;
      if (requests === 1) {
        await books.write(request);
        await sleep(600);
        throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
      }
      if (!mended) throw new SyncFailure('AUTH_REJECTED', 'revoked', { effect: 'none' });
      return books.write(request);
    },
  };
  const { start } = await engineFor({ name: 'refused-and-doubt', source: arraySource(() => orders(10)), destination });
  const handle = await start('refused-and-doubt');
  await asked(handle, 'AUTH_REJECTED');
  mended = true;
  await handle.executeUpdate('retry');
  await asked(handle, 'OUTCOME_UNKNOWN');
  await handle.executeUpdate('skip');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 10 } });
  expect(keysOf(books).sort()).toEqual(orders(10).map((_, n) => `o${n}`));
}, 60_000);
