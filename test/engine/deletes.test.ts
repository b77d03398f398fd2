import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { z } from 'zod';
import { compareSync } from '../../engine/compare/compare.ts';
import { guard } from '../../engine/deletes/guard.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json } from '../../model/record/json.ts';
import type { RunState } from '../../model/sync/run-state.ts';
import { checkProject } from '../../project/load.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { paperConnector, paperProject, paperSync, withProject } from '../support/temp-project.ts';

const order = (n: number, version = n): Json => ({ id: `o${n}`, version, value: `v${version}` });
const orders = (count: number): Json[] => Array.from({ length: count }, (_, n) => order(n));
const upsert = { upsert: true, lookupLagMs: 0 };

const noWorld = {
  toolsFor: () => {
    throw new Error('a test endpoint needs no tools');
  },
};

let engine: TestEngine | undefined;
async function engineFor(sync: TestSync): Promise<TestEngine> {
  engine = await createTestEngine([sync]);
  return engine;
}
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

async function until<T>(what: () => Promise<T | null | undefined>): Promise<T> {
  for (let tries = 0; tries < 300; tries++) {
    const found = await what();
    if (found) return found;
    await sleep(50);
  }
  throw new Error('it did not come to be');
}

test('invariant 6, safe deletes: what is gone after a complete full read is deleted, once, and comes back when the source has it again', async () => {
  let records = orders(60);
  const books = journalDestination(upsert);
  const { run, ledger } = await engineFor({
    name: 'gone',
    source: arraySource(() => records),
    destination: books,
    mode: 'incremental',
    deletes: 'delete',
    policy: { batchRecords: 20 },
  });
  await run('gone');
  records = records.filter((_, n) => n !== 3 && n !== 44);
  expect((await run('gone')).counts).toMatchObject({ deleted: 0 });
  expect(books.state.size).toBe(60);
  const report = await run('gone', { full: true });
  expect(report).toMatchObject({ status: 'succeeded', counts: { fetched: 58, unchanged: 58, deleted: 2 } });
  expect([books.state.has('o3'), books.state.has('o44'), books.state.size]).toEqual([false, false, 58]);
  expect((await run('gone', { full: true })).counts).toMatchObject({ deleted: 0 });
  expect((await ledger.life.lastWrite('gone', 'o3'))?.state).toBe('deleted');
  records = orders(60);
  expect((await run('gone', { full: true })).counts).toMatchObject({ delivered: 2, deleted: 0 });
  expect(books.state.size).toBe(60);
  const left = await ledger.pool.query('select (select count(*) from seen) + (select count(*) from deletions) as n');
  expect(left.rows).toEqual([{ n: '0' }]);
});

test('a record that is gone is marked where the sync says so, stays otherwise as it was, and loses its mark when it comes back', async () => {
  const marked = z.object({ id: z.string(), version: z.number(), value: z.string(), gone: z.string().nullable() });
  let records = orders(5);
  const books = journalDestination(upsert);
  const { run, ledger, loaded } = await engineFor({
    name: 'marked',
    source: arraySource(() => records),
    destination: books,
    to: marked,
    map: (record) => ({ state: 'mapped', record: { ...(record as object), gone: null } }),
    deletes: { set: { gone: '{time}' } },
  });
  await run('marked');
  books.state.delete('o4');
  records = orders(5).filter((_, n) => n !== 3 && n !== 4);
  const report = await run('marked');
  expect(report).toMatchObject({ status: 'succeeded', counts: { fetched: 3, unchanged: 3, deleted: 2 } });
  expect(books.state.get('o3')).toEqual({ ...Object(orders(5)[3]), gone: expect.stringMatching(/^\d{4}-.*Z$/) });
  expect(books.state.has('o4')).toBe(false);
  expect((await run('marked')).counts).toMatchObject({ deleted: 0 });
  expect((await ledger.life.lastWrite('marked', 'o3'))?.state).toBe('marked as deleted');
  // The mark is part of what the two sides agree on.
  const compared = await compareSync({ world: noWorld, ledger }, loaded('marked'), {
    signal: new AbortController().signal,
    tell: () => {},
  });
  expect([compared.checked, compared.missing, compared.different]).toEqual([4, [], []]);
  records = orders(5);
  expect((await run('marked')).counts).toMatchObject({ delivered: 2, deleted: 0 });
  expect(books.state.get('o3')).toMatchObject({ gone: null });
});

test('a mark that the destination or the mapping could not keep is refused', async () => {
  const codesWith = (set: string) =>
    withProject(
      paperProject({ 'syncs/orders.ts': paperSync.replace("key: 'id',", `key: 'id',\n  deletes: { set: ${set} },`) }),
      async (folder) => (await checkProject(folder, {})).problems.map(({ code }) => code),
    );
  expect(await codesWith("{ order: 'gone' }")).toEqual(['VALUE_INVALID']);
  expect(await codesWith("{ odrer: 'gone' }")).toEqual(['VALUE_INVALID', 'FIELD_UNKNOWN']);
});

test('deletes are refused where the source cannot prove that it gave everything', async () => {
  const codesWith = (provesEnd: boolean) =>
    withProject(
      paperProject({
        'connectors/paper.ts': paperConnector.replace('provesEnd: true', `provesEnd: ${provesEnd}`),
        'syncs/orders.ts': paperSync.replace("key: 'id',", "key: 'id',\n  deletes: { maxShare: 0.1 },"),
      }),
      async (folder) => (await checkProject(folder, {})).problems.map(({ code, line }) => `${code} ${line}`),
    );
  expect(await codesWith(true)).toEqual([]);
  expect(await codesWith(false)).toEqual(['DELETES_UNPROVEN 9']);
});

test('without the option nothing is ever deleted', async () => {
  let records = orders(10);
  const books = journalDestination(upsert);
  const { run } = await engineFor({ name: 'kept', source: arraySource(() => records), destination: books });
  await run('kept');
  records = orders(9);
  expect((await run('kept', { full: true })).counts).toMatchObject({ deleted: 0 });
  expect(books.state.size).toBe(10);
});

test('invariant 6, safe deletes: nothing is deleted unless the read came to its end and every batch of it was delivered', async () => {
  const { run, ledger } = await engineFor({
    name: 'half',
    source: arraySource(() => orders(10)),
    destination: journalDestination(upsert),
    deletes: 'delete',
  });
  await run('half');
  const claim = { sync: 'half', workflowId: 'w', trigger: 'test', overlapMs: 0, syncVersion: '1', takeOverFrom: null };
  await ledger.runs.claim({ ...claim, run: 'half-2', mode: 'full' });
  const { staging, deletes, deliveries } = ledger;
  const compare = async () => deletes.compare(await deletes.begin('half-2'), 'half-2');
  const refused = expect.objectContaining({ code: 'SOURCE_INCOMPLETE' });
  const batch = async (seq: number, complete: boolean, keys: readonly string[]) => {
    const { attempt } = await staging.beginFetch('half-2', seq);
    await staging.closeFetch('half-2', seq, attempt, { records: 0, bytes: 0, complete }, complete ? null : seq);
    await ledger.pool.query(`update batches set records = $2 where run = 'half-2' and seq = $1`, [seq, keys.length]);
    await deletes.see('half-2', seq, keys);
  };
  const delivered = async (seq: number) => {
    const left = {
      filtered: 0,
      unchanged: seq === 1 ? 2 : 1,
      superseded: 0,
      highest: null,
      sample: [],
      renewed: false,
      ready: [],
    };
    await deliveries.close(await deliveries.begin('half-2', seq), 'half-2', seq, left);
  };
  await expect(compare()).rejects.toEqual(refused);
  await batch(1, false, ['o0', 'o1']);
  await delivered(1);
  await expect(compare()).rejects.toEqual(refused);
  await batch(2, true, ['o2']);
  await expect(compare()).rejects.toEqual(refused);
  await delivered(2);
  expect(await compare()).toEqual({ known: 10, missing: 7, held: 0, extras: 0, keyless: 0, seen: 3 });
  await ledger.pool.query(`delete from seen where run = 'half-2' and seq = 2`);
  await expect(compare()).rejects.toEqual(refused);
});

test('a record that was rejected or filtered is not gone', async () => {
  let bad = false;
  const books = journalDestination(upsert);
  const { run } = await engineFor({
    name: 'odd',
    source: arraySource(() => orders(10).map((one, n) => (bad && n === 4 ? { id: 'o4', version: 4 } : one))),
    destination: books,
    deletes: 'delete',
    map: (record) =>
      bad && (record as { id: string }).id === 'o7'
        ? { state: 'filtered', reason: 'not wanted' }
        : { state: 'mapped', record },
  });
  await run('odd');
  bad = true;
  expect((await run('odd')).counts).toMatchObject({ quarantined: 1, filtered: 1, deleted: 0 });
  expect(books.state.size).toBe(10);
});

test.each([
  ['retry', 4, 6],
  ['skip', 10, 0],
] as const)(
  'invariant 6, safe deletes: beyond the threshold the run waits; %s leaves %i records',
  async (signal, left, deleted) => {
    let records = orders(10);
    const books = journalDestination(upsert);
    const { run, start } = await engineFor({
      name: 'many',
      source: arraySource(() => records),
      destination: books,
      deletes: { maxShare: 0.5, atLeast: 5 },
    });
    await run('many');
    records = orders(4);
    const handle = await start('many');
    const parked = await until(async () => (await handle.query<RunState>('status')).parked);
    expect(parked).toMatchObject({ code: 'DELETE_GUARD', step: 'remove' });
    expect(books.state.size).toBe(10);
    await handle.signal(signal);
    expect(await handle.result()).toMatchObject({ status: 'succeeded', counts: { fetched: 4, deleted } });
    expect(books.state.size).toBe(left);
  },
);

test('a delete whose answer is lost is sent again under its own id', async () => {
  let records = orders(10);
  const books = journalDestination(upsert);
  const requests: string[] = [];
  const { run } = await engineFor({
    name: 'lost',
    source: arraySource(() => records),
    destination: books,
    deletes: 'delete',
  });
  await run('lost');
  records = orders(8);
  let lost = false;
  books.fate = (_n, request) => {
    requests.push(request.id);
    if (lost) return 'done';
    lost = true;
    return 'lost after';
  };
  expect((await run('lost')).counts).toMatchObject({ deleted: 2 });
  expect(requests).toHaveLength(2);
  expect(new Set(requests).size).toBe(1);
  expect(books.state.size).toBe(8);
});

test('a delete that an aborted run left in doubt is over when the next run has deleted again', async () => {
  let records = orders(5);
  const books = journalDestination(upsert);
  const { run, start, ledger } = await engineFor({
    name: 'left',
    source: arraySource(() => records),
    destination: books,
    deletes: 'delete',
    policy: { retryFirst: '1 hour', retryMax: '1 hour' },
  });
  await run('left');
  records = orders(4);
  books.fate = () => 'lost before';
  const handle = await start('left');
  const inDoubt = async () =>
    (await ledger.pool.query(`select state from intents where seq = 0 and state in ('open', 'unknown')`)).rowCount;
  await until(async () => (await ledger.pool.query(`select from intents where state = 'unknown'`)).rowCount);
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
  expect(await inDoubt()).toBe(1);
  books.fate = () => 'done';
  expect((await run('left')).counts).toMatchObject({ deleted: 1 });
  expect(await inDoubt()).toBe(0);
  expect(books.state.size).toBe(4);
});

test('a destination that refuses to delete parks the run, and skip leaves the records', async () => {
  let records = orders(5);
  const books = journalDestination(upsert);
  const { run, start, ledger } = await engineFor({
    name: 'refuses',
    source: arraySource(() => records),
    destination: books,
    deletes: 'delete',
  });
  await run('refuses');
  const before = await ledger.life.lastWrite('refuses', 'o4');
  records = orders(4);
  books.fate = (_n, { items }) => items.map(() => ({ state: 'rejected', code: 'RECORD_REJECTED', reason: 'paid' }));
  const handle = await start('refuses');
  const parked = await until(async () => (await handle.query<RunState>('status')).parked);
  expect(parked).toMatchObject({ code: 'REQUEST_REJECTED', step: 'remove' });
  await handle.signal('skip');
  expect(await handle.result()).toMatchObject({ counts: { deleted: 0 } });
  expect(await ledger.life.lastWrite('refuses', 'o4')).toEqual(before);
});

test('the guard lets pass what is under the threshold, and nothing from an empty or keyless read', () => {
  const limits = { maxShare: 0.05, atLeast: 100 };
  const passes = (missing: object) => {
    try {
      guard({ known: 1000, missing: 1, extras: 0, keyless: 0, seen: 999, ...missing }, limits);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(SyncFailure);
      return false;
    }
  };
  expect(passes({ missing: 99, known: 100 })).toBe(true);
  expect(passes({ missing: 100, known: 1999 })).toBe(false);
  expect(passes({ missing: 100, known: 2000 })).toBe(true);
  expect(passes({ missing: 99, extras: 1, known: 500 })).toBe(false);
  expect(passes({ missing: 0, extras: 100, known: 1899 })).toBe(false);
  expect(passes({ missing: 0, extras: 100, known: 1900 })).toBe(true);
  expect(passes({ seen: 0 })).toBe(false);
  expect(passes({ keyless: 1 })).toBe(false);
  expect(passes({ missing: 0, seen: 0, keyless: 3 })).toBe(true);
  fc.assert(
    fc.property(fc.nat(5000), fc.nat(5000), (missing, more) => {
      const known = missing + more;
      expect(passes({ missing, known })).toBe(missing < 100 || missing <= known * 0.05);
    }),
  );
});
