import { z } from 'zod';
import type { ReadRequest, Source } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { type JournalDestination, journalDestination } from '../support/journal.ts';

const from = z.object({ id: z.string(), version: z.union([z.string(), z.number()]), value: z.string() });
type Row = z.output<typeof from>;

/** A source with the clock of its time, whose filter compares versions as texts, or as numbers. */
function clocked(rows: Row[], can: Partial<Source['can']> = {}) {
  const asked: ReadRequest['since'][] = [];
  const source = (nowMs: () => number): Source => ({
    ...arraySource(() => []),
    can: { incremental: true, provesEnd: true, ordered: false, ...can },
    async *read({ since, ...request }) {
      asked.push(since);
      const wanted = rows.filter(({ version }) => since === null || version >= since);
      const pages = arraySource(() => wanted as Json[]).read({ ...request, since: null });
      for await (const page of pages) yield { ...page, asOfMs: nowMs() };
    },
  });
  return { asked, source };
}

async function withSync(
  sync: Pick<TestSync, 'source'> & Partial<TestSync>,
  work: (engine: TestEngine, books: JournalDestination) => Promise<void>,
): Promise<void> {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const engine = await createTestEngine([
    { name: 'orders', destination: books, mode: 'incremental', overlapMs: 300_000, from, ...sync },
  ]);
  try {
    await work(engine, books);
  } finally {
    await engine.close();
  }
}

const notices = async ({ ledger }: TestEngine, run: string) =>
  (await ledger.notices.ofRun(run)).map(({ code, records, toldBefore }) => [code, records, toldBefore]);

test('a stamp far ahead hides nothing: later changes arrive, it is told, and its correction replaces it', async () => {
  let now = '2026-03-01 10:00:00';
  const rows = [
    { id: 'a', version: '2026-03-01 09:00:00', value: 'a1' },
    { id: 'b', version: '9999-12-31 00:00:00', value: 'b1' },
  ];
  const { asked, source } = clocked(rows);
  await withSync({ source: source(() => Date.parse(`${now}Z`)) }, async (engine, books) => {
    const first = await engine.run('orders');
    expect(await notices(engine, first.run)).toEqual([['VERSION_AHEAD', 1, false]]);
    now = '2026-03-01 11:00:00';
    rows[0] = { id: 'a', version: '2026-03-01 10:30:00', value: 'a2' };
    const second = await engine.run('orders');
    expect(second).toMatchObject({ status: 'succeeded', counts: { fetched: 2, delivered: 1, unchanged: 1 } });
    expect(await notices(engine, second.run)).toEqual([['VERSION_AHEAD', 1, true]]);
    rows[1] = { id: 'b', version: '2026-03-01 10:40:00', value: 'b2' };
    expect((await engine.run('orders')).counts).toMatchObject({ delivered: 1, superseded: 0 });
    expect(books.state.get('b')).toMatchObject({ value: 'b2' });
    expect(asked).toEqual([null, '2026-03-01 08:55:00', '2026-03-01 10:25:00']);
    expect(await engine.ledger.positions.current('orders')).toMatchObject({ form: '2026-03-01 10:40:00' });
  });
});

test('a watermark that an older engine stored beyond the clock is found: what it hid is read again', async () => {
  const rows = [{ id: 'a', version: '2026-03-01T09:00:00Z', value: 'a1' }];
  const { asked, source } = clocked(rows);
  await withSync({ source: source(Date.now) }, async (engine, books) => {
    await engine.run('orders');
    const far = Date.UTC(9999, 11, 31) * 1000;
    const { pool } = engine.ledger;
    await pool.query(`update syncs set watermark = jsonb_build_object('kind', 'time', 'value', $1::bigint)`, [far]);
    await pool.query(
      `insert into watermarks (sync_id, run, watermark) select id, 'r', watermark from syncs where name = 'orders'`,
    );
    await pool.query('update ledger set version = $1', [far]);
    rows[0] = { id: 'a', version: '2026-03-02T09:00:00Z', value: 'a2' };
    const found = await engine.run('orders');
    expect(found).toMatchObject({ status: 'succeeded', counts: { fetched: 1, delivered: 1 } });
    expect(await notices(engine, found.run)).toEqual([['WATERMARK_AHEAD', 0, false]]);
    expect(books.state.get('a')).toMatchObject({ value: 'a2' });
    expect(asked).toEqual([null, '2026-03-01T08:55:00Z']);
    expect(await notices(engine, (await engine.run('orders')).run)).toEqual([]);
  });
});

test('seconds since 1970 go back by the overlap; numbers that only rise, to where they stood so long before', async () => {
  const now = 1_764_410_460;
  const rows = [{ id: 'a', version: now, value: 'a' }];
  const seconds = clocked(rows, { epoch: 'seconds' });
  await withSync({ source: seconds.source(() => now * 1000) }, async (engine) => {
    await engine.run('orders');
    await engine.run('orders');
    expect(seconds.asked).toEqual([null, now - 300]);
  });
  const numbers = clocked(rows);
  await withSync({ source: numbers.source(() => now * 1000) }, async (engine) => {
    await engine.run('orders');
    // Committed late: its number is lower than what was read.
    rows.push({ id: 'late', version: now - 9, value: 'late' });
    expect((await engine.run('orders')).counts).toMatchObject({ delivered: 1 });
    await engine.ledger.pool.query(`update watermarks set at = at - interval '1 hour'`);
    await engine.run('orders');
    expect(numbers.asked).toEqual([null, null, now]);
  });
});

test('a version of another kind never moves the watermark of an incremental run, and is told', async () => {
  const rows: Row[] = [{ id: 'a', version: '2026-03-01T09:00:00Z', value: 'a1' }];
  const source = clocked(rows).source(Date.now);
  const all: Source = { ...source, read: (request) => source.read({ ...request, since: null }) };
  await withSync({ source: all }, async (engine) => {
    await engine.run('orders');
    const before = await engine.ledger.positions.current('orders');
    rows.push({ id: 'b', version: 1_764_410_460, value: 'b1' });
    const second = await engine.run('orders');
    expect(second.counts).toMatchObject({ delivered: 1, unchanged: 1 });
    expect(await notices(engine, second.run)).toEqual([['VERSION_KIND_DIFFERS', 1, false]]);
    expect(await engine.ledger.positions.current('orders')).toEqual(before);
    rows[0] = { id: 'a', version: '2026-02-01T09:00:00Z', value: 'a0' };
    await engine.run('orders', { full: true });
    expect(await engine.ledger.positions.current('orders')).toMatchObject({ form: '2026-02-01T09:00:00Z' });
  });
});
