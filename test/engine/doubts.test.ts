import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteItem } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import type { DeliveryCapabilities } from '../../model/sync/delivery.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { type JournalDestination, journalDestination } from '../support/journal.ts';
import { untilInDoubt } from '../support/ledger.ts';

const order = (n: number, version = n, value = `v${version}`): Json => ({ id: `o${n}`, version, value });
const t3 = { upsert: true, lookupLagMs: 0 };
const t4 = { lookupLagMs: 0 };

let engine: TestEngine;
afterEach(() => engine.close());
async function engineFor(sync: TestSync): Promise<TestEngine> {
  engine = await createTestEngine([sync]);
  return engine;
}

/** A destination whose records have ids of its own, `d-KEY`; and what each item that it was sent named. */
function withOwnIds(can: DeliveryCapabilities): {
  readonly books: JournalDestination;
  readonly sent: (readonly [key: string, id: string | null, exists: boolean])[];
} {
  const books = journalDestination(can);
  const sent: [string, string | null, boolean][] = [];
  const { write, read } = books;
  books.write = async (request) => {
    for (const { key, destinationId, exists } of request.items) sent.push([key, destinationId, exists === true]);
    const outcomes = await write(request);
    return outcomes.map((outcome, index) => ({ ...outcome, id: `d-${request.items[index]?.key}` }));
  };
  books.read = async (ids, signal) => {
    const keyOf = (id: string): string => id.replace(/^d-/, '');
    const found = (await read?.(ids.map(keyOf), signal)) ?? new Map();
    return new Map(
      ids.flatMap((id) => (found.has(keyOf(id)) ? [[id, { ...found.get(keyOf(id)), id: `d-${keyOf(id)}` }]] : [])),
    );
  };
  return { books, sent };
}

test('invariant 1, no record lost: what a look-up of a doubt did not find is sent, also when the attempt after it fails', async () => {
  const books = journalDestination(t4);
  const { write } = books;
  let requests = 0;
  books.write = async (request) => {
    requests++;
    if (requests === 1) {
      await write({ ...request, items: request.items.slice(0, 1) });
      throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
    }
    if (requests === 2) throw new SyncFailure('CONNECTION_REFUSED', 'refused', { effect: 'none' });
    return write(request);
  };
  const source = arraySource(() => [order(0), order(1)]);
  const { run } = await engineFor({ name: 'half-arrived', source, destination: books });
  expect(await run('half-arrived')).toMatchObject({ status: 'succeeded', counts: { delivered: 2 } });
  expect(books.effects.map(({ key }) => key)).toEqual(['o0', 'o1']);
});

test('the replay of an update names the record by the id of the destination', async () => {
  let records = [order(1)];
  const { books, sent } = withOwnIds(t3);
  const { run } = await engineFor({ name: 'own-ids', source: arraySource(() => records), destination: books });
  await run('own-ids');
  records = [order(1, 2)];
  books.fate = (n) => (n === 2 ? 'lost after' : 'done');
  await run('own-ids');
  expect(sent.map(([, id]) => id)).toEqual([null, 'd-o1', 'd-o1']);
});

test('what a look-up of a doubt finds in another form is updated under its id, not created', async () => {
  const { books, sent } = withOwnIds(t4);
  books.state.set('o1', order(1, 0, 'other'));
  books.fate = (n) => (n === 1 ? 'lost before' : 'done');
  const { run } = await engineFor({ name: 'other-form', source: arraySource(() => [order(1)]), destination: books });
  await run('other-form');
  expect(sent).toEqual([
    ['o1', null, false],
    ['o1', 'd-o1', true],
  ]);
});

test('a recovery that finds a record in another form updates it under its id, and does not create it', async () => {
  let records = [order(1)];
  const { books, sent } = withOwnIds(t4);
  const { run, ledger } = await engineFor({ name: 'lost-row', source: arraySource(() => records), destination: books });
  await run('lost-row');
  await ledger.pool.query('delete from ledger');
  await ledger.recovery.begin('lost-row');
  records = [order(1, 2)];
  await run('lost-row', { full: true });
  expect(sent.at(-1)).toEqual(['o1', 'd-o1', true]);
});

test('a run of a paused sync settles what is in doubt only when it goes on', async () => {
  const books = journalDestination(t3);
  const { start, ledger } = await engineFor({
    name: 'paused-doubt',
    source: arraySource(() => [order(0), order(1)]),
    destination: books,
    policy: { retryFirst: '1 hour', retryMax: '1 hour' },
  });
  books.fate = () => 'lost after';
  const first = await start('paused-doubt');
  await untilInDoubt(ledger);
  await first.signal('abort');
  await expect(first.result()).rejects.toThrow();
  books.fate = () => 'done';
  await ledger.standings.pause('paused-doubt', null);
  const second = await start('paused-doubt');
  while (!(await second.query<RunState>('status')).paused) await sleep(25);
  await sleep(500);
  expect(books.requests).toBe(1);
  await second.executeUpdate('resume');
  expect(await second.result()).toMatchObject({ status: 'succeeded' });
  expect(books.requests).toBe(2);
});

test('invariant 1, no record lost: a delete whose answer says nothing of a record is in doubt, and sent again under its id', async () => {
  let records = [order(0), order(1), order(2), order(3)];
  const books = journalDestination(t3);
  const { write } = books;
  const deletes: string[] = [];
  books.write = async (request) => {
    const isDelete = ({ op }: WriteItem): boolean => op === 'delete';
    if (!request.items.some(isDelete)) return write(request);
    deletes.push(request.id);
    return deletes.length === 1 ? [{ state: 'confirmed' }] : write(request);
  };
  const source = arraySource(() => records);
  const { run } = await engineFor({ name: 'half-answer', source, destination: books, deletes: 'delete' });
  await run('half-answer');
  records = records.slice(0, 2);
  expect(await run('half-answer', { full: true })).toMatchObject({ counts: { deleted: 2 } });
  expect(deletes).toEqual([deletes[0], deletes[0]]);
  expect([...books.state.keys()]).toEqual(['o0', 'o1']);
});
