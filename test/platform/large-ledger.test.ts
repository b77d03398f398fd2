import type { Pool } from 'pg';
import { contentOf } from '../../model/record/content.ts';
import type { Occurrence } from '../../model/record/repeats.ts';
import { contentHash } from '../../model/record/transform.ts';
import { type Ledger, ledgerOn, openLedger } from '../../platform/ledger/ledger.ts';
import { ledgerPool, type Writer } from '../../platform/ledger/sql/sql.ts';
import { withDatabase } from '../support/database.ts';

const RECORDS = 60_000;
const RUN = 'large-1';

/**
 * A ledger that a first load has just filled, so that the planner knows nothing of it, and a complete read without every
 * tenth record. Joined row by row, it would keep the database for minutes, which gives up after 15 s.
 */
async function withFirstLoad(
  work: (ledger: Omit<Ledger, 'pool' | 'close'>, writer: Writer, pool: Pool) => Promise<void>,
): Promise<void> {
  await withDatabase(async (url) => {
    const { pool, close } = await openLedger(url);
    const impatient = ledgerPool(url, 1, '-c statement_timeout=15s');
    try {
      const { rows } = await pool.query<{ id: number }>(`insert into syncs (name) values ('large') returning id`);
      const syncId = rows[0]?.id ?? 0;
      await pool.query(
        `insert into runs (id, sync_id, workflow_id, mode, trigger, sync_version, status)
         values ($1, $2, 'w', 'full', 'test', '1', 'running')`,
        [RUN, syncId],
      );
      await pool.query(
        `with batch as (insert into batches (run, seq, state, records, complete) values ($1, 1, 'delivered', 1, true)),
           read as (
             insert into seen (run, seq, hashes)
             select $1, 1, array_agg(hashtextextended(('k' || n) collate "C", 0)) from generate_series(1, $3) n where n % 10 <> 0)
         insert into ledger (version, intent, sync_id, state, hash, key)
         select 1, 0, $2, 'c', gen_random_uuid(), 'k' || n from generate_series(1, $3) n`,
        [RUN, syncId, RECORDS],
      );
      await work(ledgerOn(impatient, impatient), { syncId, fence: 0 }, impatient);
    } finally {
      await impatient.end();
      await close();
    }
  });
}

test('what is gone from the source is found at the end of a first load, of which the database has no statistics yet', async () => {
  await withFirstLoad(async ({ deletes }, writer) => {
    const found = await deletes.compare(writer, RUN);
    expect(found).toEqual({
      known: RECORDS,
      missing: RECORDS / 10,
      held: 0,
      extras: 0,
      keyless: 0,
      seen: RECORDS * 0.9,
    });
    await deletes.decide(writer, RUN, found);
    const keys: string[] = [];
    for await (const key of deletes.decidedKeys(RUN)) keys.push(key);
    expect(keys).toEqual(Array.from({ length: RECORDS / 10 }, (_, n) => `k${10 * (n + 1)}`).sort());
  });
});

test('invariant 6, safe deletes: of a first load too, what another record of the sync or another sync has is left, and is known no more', async () => {
  await withFirstLoad(async ({ deletes }, writer, pool) => {
    const { rows } = await pool.query<{ id: number }>(`insert into syncs (name) values ('other') returning id`);
    const other = rows[0]?.id ?? 0;
    // Every other one of what is gone: half of those another sync has, half a record of this sync that was read.
    await pool.query(
      `insert into ledger (version, intent, sync_id, state, hash, key, destination_id)
       select 1, 0, $1, 'c', gen_random_uuid(), 'their ' || n, 'k' || n from generate_series(1, $2) n where n % 40 = 0`,
      [other, RECORDS],
    );
    await pool.query(
      `update ledger set destination_id = 'k' || (substr(key, 2)::int - 1)
       where sync_id = $1 and substr(key, 2)::int % 40 = 21`,
      [writer.syncId],
    );
    const holders = { others: [other], named: true };
    const found = await deletes.compare(writer, RUN, holders);
    expect(found).toMatchObject({ known: RECORDS, missing: RECORDS / 20, held: RECORDS / 20 });
    await deletes.decide(writer, RUN, found, holders);
    const keys: string[] = [];
    for await (const key of deletes.decidedKeys(RUN)) keys.push(key);
    expect(keys).toEqual(Array.from({ length: RECORDS / 20 }, (_, n) => `k${20 * n + 10}`).sort());
    expect(await deletes.compare(writer, RUN, holders)).toMatchObject({ missing: RECORDS / 20, held: 0 });
  });
});

test('the records that are to be deleted come in their order, each once, without those that are gone by now', async () => {
  await withFirstLoad(async ({ deletes }, writer) => {
    await deletes.decide(writer, RUN, { missing: 1, extras: 0 });
    const list: string[] = [];
    for await (const key of deletes.decidedKeys(RUN)) list.push(key);
    const gone = new Set([...list.slice(0, 2_500), ...list.slice(-700)]);
    const records = [...gone].map((key) => ({ n: list.indexOf(key), key, destinationId: null }));
    const intent = await deletes.openIntent(writer, RUN, records);
    await deletes.settle(writer, intent, records, []);
    const seen: string[] = [];
    for (let after = -1; ; ) {
      const next = await deletes.next(writer.syncId, RUN, after, 1_000);
      expect(next.length).toBeLessThanOrEqual(1_000);
      const last = next.at(-1);
      if (last === undefined) break;
      after = last.n;
      seen.push(...next.map(({ key }) => key));
    }
    expect(seen).toEqual(list.filter((key) => !gone.has(key)));
  });
});

test('a page of a first load is read in the order of its keys, without what is behind it', async () => {
  await withFirstLoad(async ({ compare, deletes }, { syncId }, pool) => {
    const read = async (): Promise<number> => {
      const { rows } = await pool.query<{ read: number }>(
        `select pg_stat_force_next_flush(), (select seq_tup_read + idx_tup_fetch from pg_stat_user_tables where relname = 'ledger')::int as read`,
      );
      return rows[0]?.read ?? 0;
    };
    const before = await read();
    const [first] = await compare.page(syncId, 'k3', 1);
    const page = await compare.page(syncId, first?.key ?? '', 500);
    const known = await deletes.known(syncId, 'k3', 500);
    expect(page.map(({ key }) => key)).toEqual([...page.map(({ key }) => key)].sort());
    expect([first?.key, page.length, known.length]).toEqual(['k30', 500, 500]);
    await read();
    expect((await read()) - before).toBeLessThan(3_000);
  });
});

test('of a first load in which every key repeats, what counts of each is chosen and what does not repeat is forgotten', async () => {
  await withFirstLoad(async ({ deliveries }, writer, pool) => {
    const step = 10_000;
    for (let at = 0; at < RECORDS; at += step) {
      const found = Array.from({ length: step }, (_, n) => ({
        record: { ordinal: n, key: `k${at + n + 1}`, version: null, content: contentOf('{}'), hash: contentHash('{}') },
        news: true,
        again: n % 2 === 0,
      }));
      await deliveries.noteRepeats(writer, RUN, at / step + 1, found);
    }
    const flagged = async (): Promise<number> => {
      const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from ledger where repeats');
      return rows[0]?.n ?? 0;
    };
    expect(await flagged()).toBe(RECORDS);
    const all: Occurrence[] = [];
    for await (const one of deliveries.repeated(RUN)) all.push(one);
    expect(all.map(({ key }) => key)).toEqual(Array.from({ length: RECORDS }, (_, n) => `k${n + 1}`).sort());
    for (let at = 0; at < RECORDS; at += step) await deliveries.choose(writer, RUN, all.slice(at, at + step));
    await deliveries.chosen(writer, RUN, true);
    expect(await flagged()).toBe(RECORDS / 2);
    expect(await deliveries.repeatsLeft(RUN)).toEqual({ undecided: false, undelivered: true });
    expect(await deliveries.batchesOfChosen(RUN)).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await deliveries.chosenOf(RUN, 3)).size).toBe(step);
    await deliveries.closeLate(writer, RUN, 1, {
      counts: { chosen: step, unchanged: step, superseded: 0 },
      sample: [],
      renewed: [],
    });
    expect(await deliveries.batchesOfChosen(RUN)).toEqual([2, 3, 4, 5, 6]);
  });
});
