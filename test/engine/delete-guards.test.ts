import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteItem } from '../../model/connector/connector.ts';
import { isRecord, type Json } from '../../model/record/json.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { holdWrites, type JournalDestination, journalDestination } from '../support/journal.ts';

const order = (n: number): Json => ({ id: `o${n}`, version: n, value: `v${n}` });
const orders = (count: number): Json[] => Array.from({ length: count }, (_, n) => order(n));
const upsert = { upsert: true, lookupLagMs: 0 };

let engine: TestEngine;
afterEach(() => engine.close());
async function engineFor(sync: TestSync): Promise<TestEngine> {
  engine = await createTestEngine([sync]);
  return engine;
}

test('invariant 6, safe deletes: a record without a readable key may be one that seems gone, and a person is asked', async () => {
  let records = orders(10);
  const books = journalDestination(upsert);
  const { run, start } = await engineFor({
    name: 'keyless',
    source: arraySource(() => records),
    destination: books,
    deletes: 'delete',
    policy: { maxRejectedShare: 1 },
  });
  await run('keyless');
  records = [...orders(9), { version: 9, value: 'no key' }];
  const handle = await start('keyless', { full: true });
  let parked: RunState['parked'] = null;
  while (parked === null) ({ parked } = await handle.query<RunState>('status'));
  expect(parked).toMatchObject({ code: 'DELETE_GUARD', message: expect.stringContaining('no readable key') });
  expect(books.state.size).toBe(10);
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
});

test('a run that is paused while it delivers deletes nothing before it goes on', async () => {
  let records = orders(10);
  const books = journalDestination(upsert);
  const source = arraySource(() => records);
  const { run, start } = await engineFor({ name: 'paused-deletes', source, destination: books, deletes: 'delete' });
  await run('paused-deletes');
  records = [...orders(8), order(20)];
  const { came, release } = holdWrites(books);
  const handle = await start('paused-deletes', { full: true });
  await came;
  await handle.executeUpdate('pause');
  release();
  while ((await handle.query<RunState>('status')).batches.delivered < 1) await sleep(25);
  await sleep(500);
  expect(books.state.has('o9')).toBe(true);
  await handle.executeUpdate('resume');
  expect(await handle.result()).toMatchObject({ counts: { deleted: 2 } });
});

test('a mark is written on the version that was looked at, and only fields of the destination schema', async () => {
  let records = orders(2);
  const books = journalDestination(upsert);
  const { write, read } = books;
  const items: WriteItem[] = [];
  const destination: JournalDestination = {
    ...books,
    tagged: true,
    async read(keys, signal) {
      const found = [...((await read?.(keys, signal)) ?? [])];
      const theirs = (record: Json): Json => (isRecord(record) ? { ...record, note: 'theirs' } : record);
      return new Map(found.map(([key, { record }]) => [key, { record: theirs(record), tag: 'W/"7"' }]));
    },
    write(request) {
      items.push(...request.items);
      return write(request);
    },
  };
  const source = arraySource(() => records);
  const { run } = await engineFor({ name: 'marks', source, destination, deletes: { set: { value: 'gone' } } });
  await run('marks');
  records = orders(1);
  await run('marks', { full: true });
  expect(items.at(-1)).toMatchObject({ key: 'o1', tag: 'W/"7"' });
  expect(JSON.parse(items.at(-1)?.json ?? '')).toEqual({ id: 'o1', version: 1, value: 'gone' });
});

test('invariant 6, safe deletes: an extra stays that is a delivered record by its id, or was read', async () => {
  const source = arraySource(() => orders(3));
  const { run, ledger } = await engineFor({
    name: 'extras',
    source,
    destination: journalDestination(upsert),
    deletes: 'delete',
  });
  await run('extras');
  await ledger.pool.query(`update ledger set destination_id = 'x9' where key = 'o1'`);
  await ledger.pool.query(`delete from ledger where key = 'o2'`);
  const claim = { workflowId: 'w', trigger: 'test', overlapMs: 0, syncVersion: '1', takeOverFrom: null } as const;
  await ledger.runs.claim({ ...claim, sync: 'extras', run: 'second', mode: 'full' });
  const extras = ['x9', 'o2', 'x1'].map((key) => ({ key, id: key === 'o2' ? 'x8' : key }));
  await ledger.deletes.chooseExtras('second', extras);
  await ledger.pool.query(
    `insert into batches (run, seq, state, records, complete) values ('second', 1, 'delivered', 3, true)`,
  );
  await ledger.deletes.see('second', 1, ['o0', 'o1', 'o2']);
  expect(await ledger.deletes.compare(await ledger.deletes.begin('second'), 'second')).toMatchObject({ extras: 1 });
});
