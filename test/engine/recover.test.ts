import { setTimeout as sleep } from 'node:timers/promises';
import { compareSync } from '../../engine/compare/compare.ts';
import type { Json } from '../../model/record/json.ts';
import type { DeliveryCapabilities } from '../../model/sync/delivery.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { createTestDatabase } from '../support/database.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { untilInDoubt } from '../support/ledger.ts';

let engine: TestEngine | undefined;
/** The first engine of a process loads the SDK and bundles the workflows: no test's own time. */
beforeAll(async () => (await createTestEngine([])).close(), 180_000);
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

const order = (n: number, version = 1): Json => ({ id: `o${n}`, version, value: `v${version}` });
const orders = (count: number): Json[] => Array.from({ length: count }, (_, n) => order(n));

/** A copy of the tables of the ledger, as a backup would hold them, and the way back to it. */
async function copyOf({ pool }: Ledger): Promise<() => Promise<void>> {
  const { rows } = await pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = current_schema()`,
  );
  const names = rows.map(({ name }) => name);
  await pool.query('create schema copy');
  for (const name of names) await pool.query(`create table copy.${name} as table ${name}`);
  return async () => {
    const client = await pool.connect();
    try {
      await client.query('begin; set local session_replication_role = replica');
      for (const name of names) await client.query(`delete from ${name}`);
      for (const name of names) {
        const columns = await client.query<{ list: string }>(
          `select string_agg(quote_ident(column_name), ', ' order by ordinal_position) as list from information_schema.columns
           where table_schema = current_schema() and table_name = $1 and is_generated = 'NEVER'`,
          [name],
        );
        const { list } = columns.rows[0] ?? { list: '*' };
        await client.query(`insert into ${name} (${list}) overriding system value select ${list} from copy.${name}`);
      }
      await client.query('commit');
    } finally {
      client.release();
    }
  };
}

const noWorld = {
  toolsFor: () => {
    throw new Error('a test endpoint needs no tools');
  },
};

async function agreed({ ledger, loaded }: TestEngine): Promise<{ missing: string[]; different: string[] }> {
  const found = await compareSync({ world: noWorld, ledger }, loaded('restored'), {
    signal: new AbortController().signal,
    tell: () => {},
  });
  return { missing: found.missing.map(({ key }) => key), different: found.different.map(({ key }) => key) };
}

/** Delivers, copies the ledger, delivers more, restores the copy, and runs again. */
async function restored(can: DeliveryCapabilities) {
  let records = orders(10);
  const books = journalDestination(can);
  engine = await createTestEngine([
    { name: 'restored', source: arraySource(() => records), destination: books, deletes: 'delete' },
  ]);
  await engine.run('restored');
  const restore = await copyOf(engine.ledger);
  // After the copy: five new, one changed, one deleted.
  records = [...orders(15).filter((_, n) => n !== 3 && n !== 9), order(3, 2)];
  expect((await engine.run('restored')).counts).toMatchObject({ delivered: 6, deleted: 1 });
  await restore();
  const effects = books.effects.length;
  return { engine, books, again: () => books.effects.slice(effects).map(({ key }) => key) };
}

test('a ledger restored from an older copy doubles nothing at T4 and deletes nothing before it is reconciled', async () => {
  const { engine, books, again } = await restored({ lookupLagMs: 0 });
  await engine.ledger.recovery.begin('restored');
  // Gone from the source since the copy, by the hand of somebody else still there: not the time to delete it.
  books.state.set('o9', order(9));
  expect((await engine.run('restored', { full: true })).counts).toMatchObject({ delivered: 6, deleted: 0 });
  expect(again()).toEqual([]);
  expect(await agreed(engine)).toEqual({ missing: [], different: [] });
  expect(await engine.ledger.recovery.endAgreed('restored')).toBe('ended');
  expect((await engine.run('restored', { full: true })).counts).toMatchObject({ delivered: 0, deleted: 1 });
  expect(books.state.size).toBe(14);
});

test('a recovery is not over before a full run, though the older copy agrees with the destination in all that it knows', async () => {
  let records = orders(3);
  const books = journalDestination({ lookupLagMs: 0 });
  engine = await createTestEngine([{ name: 'restored', source: arraySource(() => records), destination: books }]);
  const { ledger, run } = engine;
  await run('restored');
  const restore = await copyOf(ledger);
  records = orders(5);
  await run('restored');
  await restore();
  expect(await ledger.recovery.endAgreed('restored')).toBe('none');
  await ledger.recovery.begin('restored');
  expect(await agreed(engine)).toEqual({ missing: [], different: [] });
  expect(await ledger.recovery.endAgreed('restored')).toBe('before its full run');
  await run('restored', { full: true });
  expect(books.effects).toHaveLength(5);
  expect(await ledger.recovery.endAgreed('restored')).toBe('ended');
});

test('an older ledger is noticed by a run that Temporal knows and it does not: the sync recovers by itself, and says so', async () => {
  const { engine, again } = await restored({ lookupLagMs: 0 });
  const report = await engine.run('restored', { full: true });
  expect(report.counts).toMatchObject({ delivered: 6, deleted: 0 });
  expect(again()).toEqual([]);
  expect(await engine.ledger.notices.ofRun(report.run)).toMatchObject([{ code: 'LEDGER_OLDER' }]);
  expect(await engine.ledger.recovery.endAgreed('restored')).toBe('before its full run');
  const next = await engine.run('restored', { full: true });
  expect(await engine.ledger.notices.ofRun(next.run)).toEqual([]);
  expect(await engine.ledger.recovery.endAgreed('restored')).toBe('ended');
  // What was accounted for is not noticed again by a worker that has seen nothing of it.
  await engine.startWorker();
  expect(await engine.ledger.notices.ofRun((await engine.run('restored')).run)).toEqual([]);
});

test('an empty ledger where Temporal knows runs of the same workers is noticed like an older one', async () => {
  const books = journalDestination({ lookupLagMs: 0 });
  const sync = { name: 'emptied', source: arraySource(() => orders(5)), destination: books };
  engine = await createTestEngine([sync]);
  await engine.run('emptied');
  const { taskQueue } = engine;
  await engine.close();
  engine = await createTestEngine([sync], { taskQueue });
  expect((await engine.run('emptied')).counts).toMatchObject({ delivered: 5 });
  expect(books.effects).toHaveLength(5);
});

test('an older ledger of a destination that cannot be asked stops the run with words, until a person has decided', async () => {
  const books = journalDestination({});
  Reflect.deleteProperty(books, 'read');
  let records = orders(3);
  engine = await createTestEngine([{ name: 'blind', source: arraySource(() => records), destination: books }]);
  const { ledger, run, start } = engine;
  await run('blind');
  const restore = await copyOf(ledger);
  records = orders(5);
  await run('blind');
  await restore();
  const handle = await start('blind');
  const parked = async () => (await handle.query<RunState>('status')).parked;
  while (!(await parked())) await sleep(50);
  expect(await parked()).toMatchObject({ code: 'LEDGER_OLDER', step: 'open' });
  expect(books.effects).toHaveLength(5);
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
  await ledger.recovery.begin('blind');
  expect((await run('blind')).counts).toMatchObject({ delivered: 2 });
});

test('a request that was in doubt in the copy is looked up, and not written over what came later', async () => {
  let records = [order(1)];
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  engine = await createTestEngine([
    {
      name: 'restored',
      source: arraySource(() => records),
      destination: books,
      policy: { retryFirst: '1 hour', retryMax: '1 hour' },
    },
  ]);
  const { ledger, run, start } = engine;
  books.fate = () => 'lost after';
  const handle = await start('restored');
  await untilInDoubt(ledger);
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
  const restore = await copyOf(ledger);
  books.fate = () => 'done';
  records = [order(1, 2)];
  await run('restored');
  await restore();
  const effects = books.effects.length;
  await ledger.recovery.begin('restored');
  expect(await run('restored', { full: true })).toMatchObject({ status: 'succeeded' });
  expect(books.effects.slice(effects)).toEqual([]);
  expect(books.state.get('o1')).toEqual(order(1, 2));
});

test('what is gone on both sides is forgotten by a repair, so that a recovery comes to its end', async () => {
  const { engine } = await restored({ upsert: true, lookupLagMs: 0 });
  await engine.ledger.recovery.begin('restored');
  await engine.run('restored', { full: true });
  expect(await agreed(engine)).toEqual({ missing: ['o9'], different: [] });
  const { syncId } = await engine.ledger.plans.standing('restored');
  const { compare } = engine.ledger;
  await compare.markForRepair(syncId, await compare.page(syncId, 'o8', 1), 'mending');
  expect((await engine.run('restored', { run: 'mending', from: 'repair' })).counts).toMatchObject({ fetched: 0 });
  expect(await compare.forgetGone(syncId, ['o9'])).toBe(1);
  expect(await agreed(engine)).toEqual({ missing: [], different: [] });
});

test('writers get numbers that no writer since the copy can have had, and a run that was open in it is ended', async () => {
  const { engine } = await restored({ upsert: true, lookupLagMs: 0 });
  const claim = { mode: 'full', trigger: 'test', overlapMs: 0, syncVersion: '1', takeOverFrom: null } as const;
  await engine.ledger.runs.claim({ ...claim, sync: 'restored', run: 'open', workflowId: 'gone' });
  const fence = async () =>
    Number((await engine.ledger.pool.query('select fence from syncs')).rows.map(({ fence: number }) => number)[0]);
  const before = await fence();
  expect((await engine.ledger.recovery.begin('restored')).abandoned).toEqual(['open']);
  expect(await fence()).toBeGreaterThan(before + 1_000_000);
  expect(await engine.run('restored')).toMatchObject({ status: 'succeeded' });
  await expect(engine.ledger.recovery.begin('never ran')).rejects.toMatchObject({ code: 'SYNC_UNKNOWN' });
});

test('a run whose workflow is gone is taken over from', async () => {
  const books = journalDestination({ upsert: true });
  engine = await createTestEngine([{ name: 'gone', source: arraySource(() => orders(3)), destination: books }]);
  const claim = { mode: 'full', trigger: 'test', overlapMs: 0, syncVersion: '1', takeOverFrom: null } as const;
  await engine.ledger.runs.claim({ ...claim, sync: 'gone', run: 'dead', workflowId: 'sync:gone:dead' });
  expect(await engine.run('gone')).toMatchObject({ status: 'succeeded', counts: { delivered: 3 } });
  expect(await engine.ledger.reports.run('dead')).toMatchObject({ status: 'failed', failureCode: 'HOLD_LOST' });
});

test('a request in doubt of which the mapping makes something else now is not sent again: the run waits for a person', async () => {
  const books = journalDestination({ upsert: true });
  let value = 'first';
  const sync: TestSync = {
    name: 'remade',
    source: arraySource(() => orders(2)),
    destination: books,
    map: (record) => ({ state: 'mapped', record: { ...(record as object), value } }),
    policy: { retryFirst: '1 hour', retryMax: '1 hour' },
  };
  const database = await createTestDatabase();
  const servers = { databaseUrl: database.url, taskQueue: `remade-${process.pid}` };
  try {
    const before = await createTestEngine([sync], servers);
    books.fate = () => 'lost after';
    const aborted = await before.start('remade');
    await untilInDoubt(before.ledger);
    await aborted.signal('abort');
    await expect(aborted.result()).rejects.toThrow();
    // What its worker had computed is gone with it.
    await before.close();
    value = 'second';
    books.fate = () => 'done';
    engine = await createTestEngine([sync], servers);
    const handle = await engine.start('remade');
    const parked = async () => (await handle.query<RunState>('status')).parked;
    while ((await parked()) === null) await sleep(50);
    expect(await parked()).toMatchObject({ code: 'SYNC_CHANGED', step: 'settle' });
    expect(books.requests).toBe(1);
    await handle.signal('abort');
    await expect(handle.result()).rejects.toThrow();
  } finally {
    await engine?.close();
    engine = undefined;
    await database.drop();
  }
});

test('a run that the ledger has ended does not begin again when Temporal asks for it once more', async () => {
  const books = journalDestination({});
  engine = await createTestEngine([{ name: 'once', source: arraySource(() => orders(3)), destination: books }]);
  await engine.run('once', { run: 'the-same' });
  await expect(engine.run('once', { run: 'the-same' })).rejects.toThrow();
  expect(books.effects).toHaveLength(3);
});
