import { z } from 'zod';
import { backfilling } from '../../engine/sources/backfill.ts';
import type { ReadRequest, Source } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import { slicesOf } from '../../model/sync/range.ts';
import { parseMomentMs } from '../../model/text/moment.ts';
import { arraySource, createTestEngine, type TestEngine, type TestSync } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const order = (n: number, version: number, value = `v${version}`): Json => ({ id: `o${n}`, version, value });
const number = (value: number) => ({ kind: 'number' as const, value });

async function withOrders(
  records: Json[],
  work: (engine: TestEngine, books: ReturnType<typeof journalDestination>) => Promise<void>,
  more: Partial<TestSync> = {},
): Promise<void> {
  const books = journalDestination({ upsert: true, lookupLagMs: 0 });
  const source = arraySource(() => records);
  const engine = await createTestEngine([{ name: 'orders', source, destination: books, mode: 'incremental', ...more }]);
  try {
    await work(engine, books);
  } finally {
    await engine.close();
  }
}

test('positions are kept with their runs, and a run from an earlier one reads again without clearing anything', async () => {
  const records = Array.from({ length: 40 }, (_, n) => order(n, n + 1));
  await withOrders(records, async ({ ledger, run }, books) => {
    const first = await run('orders');
    records.push(order(40, 50), order(41, 60));
    const second = await run('orders');
    const positions = await ledger.positions.list('orders', 10);
    expect(positions.map((one) => [one.run, one.watermark])).toEqual([
      [second.run, number(60)],
      [first.run, number(40)],
    ]);
    expect(await ledger.positions.ofRun('orders', first.run)).toMatchObject({ watermark: number(40) });
    expect(await ledger.positions.at('orders', new Date().toISOString())).toMatchObject({ run: second.run });
    expect(await ledger.positions.known('orders', number(31), null)).toBe(12);

    const again = await run('orders', { range: { since: number(31) } });
    expect(again.counts).toMatchObject({ fetched: 12, delivered: 0, unchanged: 12 });
    expect(await ledger.positions.current('orders')).toEqual(number(60));
    expect(books.effects).toHaveLength(42);
  });
});

test('invariant 2, cursor behind: a position beyond the watermark does not make a run leave records out', async () => {
  const records = [order(1, 1)];
  await withOrders(records, async ({ ledger, run }) => {
    await run('orders');
    records.push(order(2, 2), order(3, 900));
    expect((await run('orders', { range: { since: number(500) } })).counts).toMatchObject({ fetched: 3, delivered: 2 });
    expect(await ledger.positions.current('orders')).toEqual(number(900));
  });
});

test('a run begins to read at the watermark less the overlap, so that what was committed late is not left out', async () => {
  const at = (minute: number) => `2026-03-01T10:${String(minute).padStart(2, '0')}:00Z`;
  const timed = (id: string, minute: number) => ({ id, version: at(minute), value: 'v' });
  const records = [timed('a', 0), timed('b', 10)];
  const asked: ReadRequest['since'][] = [];
  const source: Source = {
    ...arraySource(() => []),
    read({ since, ...request }) {
      asked.push(since);
      const wanted = records.filter(({ version }) => since === null || version >= String(since));
      return arraySource(() => wanted).read({ ...request, since: null });
    },
  };
  const from = z.object({ id: z.string(), version: z.string(), value: z.string() });
  await withOrders(
    [],
    async ({ run }) => {
      await run('orders');
      records.push(timed('late', 7));
      expect((await run('orders')).counts).toMatchObject({ fetched: 2, delivered: 1, unchanged: 1 });
      expect(asked).toEqual([null, '2026-03-01T10:05:00Z']);
    },
    { source, from, overlapMs: 300_000 },
  );
});

test.each([false, true])(
  'a backfill reads a range and leaves the watermark alone; newest wins (source in order: %s)',
  async (ordered) => {
    const records = Array.from({ length: 60 }, (_, n) => order(n, n + 1));
    const pages: number[] = [];
    const source = arraySource(() => records, { fail: (page) => void pages.push(page) });
    const can = { ...source.can, ordered };
    await withOrders(
      records,
      async ({ ledger, run }, books) => {
        const first = await run('backfilled');
        const before = await ledger.positions.current('backfilled');
        pages.length = 0;
        // The destination has version 60 of o59; the source now answers with a record whose version lies in the range.
        records[59] = order(59, 25, 'older');
        records[20] = order(20, 21, 'mended, without a new version');
        const range = { since: number(21), until: number(30) };
        const report = await run('backfilled', { range });
        expect(report.counts).toMatchObject(
          ordered ? { fetched: 10, delivered: 1, unchanged: 9 } : { fetched: 11, delivered: 1, superseded: 1 },
        );
        expect(report.status).toBe('succeeded');
        expect(await ledger.positions.current('backfilled')).toEqual(before);
        expect(books.effects.filter(({ key }) => key === 'o59')).toHaveLength(1);
        expect((await ledger.reports.run(report.run))?.mode).toBe('backfill');
        expect((await ledger.standings.all())[0]?.lastGood?.run).toBe(first.run);
        expect(pages.length).toBe(ordered ? 2 : 4);
      },
      { name: 'backfilled', source: { ...source, can } },
    );
  },
);

test('what a backfill staged of another version is left out again when it is decoded', async () => {
  const records = [1, 2, 3, 4].map((n) => order(n, n));
  await withOrders(records, async ({ loaded }) => {
    const noTools = () => {
      throw new Error('a test endpoint needs no tools');
    };
    const { openSource } = backfilling(loaded('orders'), { since: number(2), until: number(3) });
    const source = openSource({ toolsFor: noTools });
    expect(source.decode(Buffer.from(JSON.stringify(records)))).toEqual([order(2, 2), order(3, 3)]);
  });
});

test('the slices of a range follow each other without gap or overlap', () => {
  const bounds = (to: number, width: number) =>
    slicesOf(number(10), number(to), width).map(({ since, until }) => [since.value, until.value]);
  expect(bounds(30, 10)).toEqual([
    [10, 19],
    [20, 29],
    [30, 30],
  ]);
  expect(bounds(29, 10)).toHaveLength(2);
  expect(bounds(10, 10)).toEqual([[10, 10]]);
});

test('a time that is in no calendar is refused', () => {
  for (const text of ['2026-02-30', '2026-13-01', 'yesterday', '2026-11'])
    expect(parseMomentMs(text, 0)).toBeUndefined();
  expect(parseMomentMs('2026-02-28', 0)).toBe(Date.UTC(2026, 1, 28));
  expect(parseMomentMs('2024-02-29T10:00:00+01:00', 0)).toBe(Date.UTC(2024, 1, 29, 9));
  expect(parseMomentMs('2 hours', 10_000_000)).toBe(2_800_000);
});
