import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { ItemOutcome, WriteItem } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import type { DeliveryCapabilities } from '../../model/sync/delivery.ts';
import type { Parked, RunState } from '../../model/sync/run-state.ts';
import { arraySource, createTestEngine, type TestEngine } from '../support/engine.ts';
import { type JournalDestination, journalDestination } from '../support/journal.ts';

const order = (n: number): Json => ({ id: `o${n}`, version: n, value: `v${n}` });
const orders = (count: number): Json[] => Array.from({ length: count }, (_, n) => order(n));
const unknown: ItemOutcome = { state: 'unknown' };

let engine: TestEngine;
afterEach(() => engine.close());

interface Vague {
  readonly books: JournalDestination;
  /** The keys of each request. */
  readonly sent: string[][];
}

/** A destination whose answers leave out some records. `takes`: whether it writes such a record all the same. */
function vague(can: DeliveryCapabilities, leavesOut: (item: WriteItem, of: number) => boolean, takes: boolean): Vague {
  const books = journalDestination(can);
  const sent: string[][] = [];
  const { write } = books;
  books.write = async (request) => {
    const { items } = request;
    sent.push(items.map(({ key }) => key));
    const isOut = (item: WriteItem): boolean => leavesOut(item, items.length);
    await write({ ...request, items: takes ? items : items.filter((item) => !isOut(item)) });
    return items.map((item) => (isOut(item) ? unknown : { state: 'confirmed' }));
  };
  return { books, sent };
}

async function engineFor(name: string, destination: JournalDestination, count = 6): Promise<TestEngine> {
  engine = await createTestEngine([{ name, source: arraySource(() => orders(count)), destination }]);
  return engine;
}

async function parked(handle: WorkflowHandle): Promise<Parked> {
  for (let tries = 0; tries < 600; tries++) {
    const { parked: found } = await handle.query<RunState>('status');
    if (found) return found;
    await sleep(25);
  }
  throw new Error('the run never waited for a person');
}

const isThird = ({ key }: WriteItem): boolean => key === 'o2';
const thirdAmongOthers = (item: WriteItem, of: number): boolean => isThird(item) && of > 1;

test('T3: a record that no answer ever names is sent alone and then set aside; the others are delivered once', async () => {
  const { books, sent } = vague({ upsert: true }, isThird, false);
  const { run, ledger } = await engineFor('never-named', books);
  const report = await run('never-named');
  expect(report).toMatchObject({ status: 'partial', counts: { delivered: 5, quarantined: 1 } });
  expect(await ledger.quarantine.byReason(report.run)).toMatchObject([{ code: 'ANSWER_UNCLEAR', records: 1 }]);
  expect(sent[0]).toHaveLength(6);
  expect(sent.slice(1)).toEqual([['o2'], ['o2'], ['o2']]);
  expect(books.effects).toHaveLength(5);
});

test('T3: where many are left out, halving finds those whose answer is clear alone', async () => {
  const { books } = vague({ upsert: true }, (_, of) => of > 1, true);
  const { run } = await engineFor('only-alone', books);
  expect(await run('only-alone')).toMatchObject({ status: 'succeeded', counts: { delivered: 6 } });
});

test.each([
  [true, 'is not sent again when it is there'],
  [false, 'is sent again when it is not there'],
])('T4: a record that an answer leaves out is looked up (arrived: %p): it %s', async (takes) => {
  const { books, sent } = vague({ lookupLagMs: 0 }, thirdAmongOthers, takes);
  const { run } = await engineFor(`looked-up-${takes}`, books);
  expect(await run(`looked-up-${takes}`)).toMatchObject({ status: 'succeeded', counts: { delivered: 6 } });
  expect(books.effects).toHaveLength(6);
  expect(sent).toHaveLength(takes ? 1 : 2);
});

test('T2: a key whose answer stays unclear is worth what the destination offers without it', async () => {
  const { books } = vague({ idempotencyKeyHours: 24, lookupLagMs: 0 }, thirdAmongOthers, true);
  const { run } = await engineFor('deaf-key', books);
  expect(await run('deaf-key')).toMatchObject({ status: 'succeeded', counts: { delivered: 6 } });
  expect(books.effects).toHaveLength(6);
});

test('T5: only the record that the answer leaves out is held for a person', async () => {
  const { books, sent } = vague({}, thirdAmongOthers, false);
  const { start } = await engineFor('held', books);
  const handle = await start('held');
  expect(await parked(handle)).toMatchObject({ code: 'OUTCOME_UNKNOWN', message: expect.stringMatching(/^1 records/) });
  await handle.executeUpdate('retry');
  expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 6 } });
  expect(sent).toEqual([expect.anything(), ['o2']]);
});

test('a record that the destination puts off for a while is not set aside, but taken at another time', async () => {
  let refusals = 0;
  const { books } = vague({ upsert: true }, (item) => isThird(item) && ++refusals <= 12, false);
  const { write } = books;
  books.write = async (request) =>
    (await write(request)).map((outcome) =>
      outcome.state === 'unknown' ? { state: 'unknown', later: true } : outcome,
    );
  const { run } = await engineFor('put-off', books);
  expect(await run('put-off')).toMatchObject({ status: 'succeeded', counts: { delivered: 6 } });
});

test('where no answer is ever clear the run is parked with words, and nothing stays in doubt', async () => {
  const { books } = vague({ upsert: true }, () => true, false);
  const { start, ledger } = await engineFor('never-clear', books, 20);
  const handle = await start('never-clear');
  expect(await parked(handle)).toMatchObject({ code: 'RESPONSE_SHAPE' });
  expect((await ledger.pool.query(`select from intents where state in ('open', 'unknown')`)).rowCount).toBe(0);
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
});
