import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Json } from '../../model/record/json.ts';
import type { Parked, RunState } from '../../model/sync/run-state.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const Order = z.object({ id: z.string(), version: z.number(), note: z.string().optional(), total: z.number() });

let engine: TestEngine;
afterEach(() => engine.close());

const orders = (count: number, version: number, more: (n: number) => object): Json[] =>
  Array.from({ length: count }, (_, n) => ({ id: `o${String(n).padStart(3, '0')}`, version, total: n, ...more(n) }));

/** A sync that has delivered sixty orders of the usual shape, and what its source gives from now on. */
async function settled(more: Partial<TestSync> = {}) {
  const source = { records: orders(60, 1, () => ({ note: 'n' })) };
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  engine = await createTestEngine([
    {
      ...{ name: 'drifts', source: arraySource(() => source.records), destination: books, from: Order },
      ...{ policy: { batchRecords: 30, readBack: 0 }, ...more },
    },
  ]);
  expect(await engine.run('drifts')).toMatchObject({ status: 'succeeded', counts: { delivered: 60 } });
  return { source, books };
}

async function parkedOf(handle: Awaited<ReturnType<TestEngine['start']>>): Promise<Parked> {
  for (;;) {
    const { parked } = await handle.query<RunState>('status');
    if (parked) return parked;
    await sleep(20);
  }
}

const renamed = (n: number) => (n < 30 ? { note: 'n' } : { remark: 'canary' });

test('invariant 8, nothing in history: a field that was renamed halts the run before the first such record is delivered', async () => {
  const { source, books } = await settled();
  source.records = orders(60, 2, renamed);
  const handle = await engine.start('drifts');
  const parked = await parkedOf(handle);
  expect(parked).toMatchObject({ code: 'SCHEMA_DRIFT', step: 'validate', batch: 2 });
  expect(parked.message).toContain('- note missing: in no record; before, 100 % of the records had it (30 of 30)');
  expect(parked.message).toContain('+ remark new: text (30 of 30)');
  expect(parked.message).not.toContain('canary');
  while ((await handle.query<RunState>('status')).counts.delivered < 30) await sleep(20);
  expect(books.effects).toHaveLength(90);
  await handle.signal('abort');
  await expect(handle.result()).rejects.toThrow();
  const [latest] = await engine.ledger.reports.latestRuns('drifts');
  expect(latest).toMatchObject({ status: 'halted', failureCode: 'SCHEMA_DRIFT' });
  expect(books.effects).toHaveLength(90);
  expect(await engine.ledger.drift.ofRun(latest?.run ?? '')).toMatchObject([
    { field: 'note', change: 'missing', breaking: true, records: 30 },
    { field: 'remark', change: 'new', breaking: false, records: 30 },
  ]);
});

test('a person may mend the source and retry, or go on with the shape as it is, once and for the runs that follow', async () => {
  const { source, books } = await settled();
  source.records = orders(60, 2, renamed);
  const skipped = await engine.start('drifts');
  await parkedOf(skipped);
  await skipped.signal('retry');
  expect(await parkedOf(skipped)).toMatchObject({ code: 'SCHEMA_DRIFT' });
  await skipped.signal('skip');
  expect(await skipped.result()).toMatchObject({ status: 'succeeded', counts: { delivered: 60 } });
  expect(books.effects).toHaveLength(120);
  source.records = orders(60, 3, renamed);
  expect(await engine.run('drifts')).toMatchObject({ status: 'succeeded', counts: { delivered: 60 } });
});

test('under `reject` and `drop` a run goes on, and says what it met', async () => {
  const { source, books } = await settled({ contract: { '*': 'reject', note: 'drop' } });
  source.records = orders(60, 2, (n) =>
    n === 0 ? { rebate: 1 } : n === 1 ? { note: 7 } : n === 2 ? { total: '5' } : {},
  );
  const report = await engine.run('drifts');
  expect(report).toMatchObject({ status: 'partial', counts: { delivered: 58, quarantined: 2 } });
  expect(books.state.get('o001')).toEqual({ id: 'o001', version: 2, total: 1 });
  expect((await engine.ledger.drift.ofRun(report.run)).map(({ field, change }) => `${field} ${change}`).sort()).toEqual(
    ['note changed', 'rebate new', 'total changed'],
  );
});
