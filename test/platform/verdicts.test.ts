import fc from 'fast-check';
import { contentOf } from '../../model/record/content.ts';
import type { ReadyRecord } from '../../model/record/prepared.ts';
import { contentHash } from '../../model/record/transform.ts';
import type { DeliveryStart } from '../../platform/ledger/deliveries/delivery-start.ts';
import { COPIED_FROM, renewVersions } from '../../platform/ledger/deliveries/rows.ts';
import { ledgerVerdicts, type Verdict } from '../../platform/ledger/deliveries/verdicts.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { useLedger } from '../support/ledger.ts';

let ledger: Ledger;
useLedger((opened) => {
  ledger = opened;
});

interface Fact {
  readonly content: string;
  readonly version: number | null;
}
interface Known extends Fact {
  /** `c`: delivered; `d`: deleted; `x`: a delete in doubt; `s`: marked as deleted. */
  readonly state: 'c' | 'd' | 'x' | 's';
  readonly destinationId: string | null;
}

/** Change detection as the ledger promises it, in plain words. */
function expected({ content, version }: Fact, known: Known | null): Verdict {
  if (known === null || known.state === 'd') return 'new';
  if (known.state !== 'c') return 'changed';
  if (known.content === content) return 'unchanged';
  return version !== null && known.version !== null && version < known.version ? 'superseded' : 'changed';
}

const fact = {
  content: fc.constantFrom('x', 'y'),
  version: fc.constantFrom(null, 0, 1, 2, Number.MAX_SAFE_INTEGER),
};
const pairs = fc.array(
  fc.record({
    record: fc.record(fact),
    known: fc.option(
      fc.record({
        ...fact,
        state: fc.constantFrom('c', 'c', 'd', 'x', 's'),
        destinationId: fc.constantFrom(null, 'inv_1', "it's"),
      }),
    ),
  }),
  { minLength: 1, maxLength: 30 },
);

async function known(facts: readonly (Known | null)[]): Promise<number> {
  const { rows } = await ledger.pool.query<{ id: number }>(
    'insert into syncs (name) values (gen_random_uuid()) returning id',
  );
  const syncId = rows[0]?.id ?? 0;
  for (const [index, row] of facts.entries()) {
    if (row === null) continue;
    await ledger.pool.query(
      `insert into ledger (version, intent, sync_id, state, hash, key, destination_id) values ($1, 0, $2, $3, $4, $5, $6)`,
      [row.version, syncId, row.state, contentHash(row.content), `k${index}`, row.destinationId],
    );
  }
  return syncId;
}

const ready = ({ content, version }: Fact, ordinal: number): ReadyRecord => ({
  ordinal,
  key: `k${ordinal}`,
  version,
  content: contentOf(content),
  hash: contentHash(content),
});

/** The first batch of the first run of a sync, about to be delivered. */
async function firstDelivery(sync: string): Promise<DeliveryStart> {
  const claim = { workflowId: 'w', trigger: 'test', overlapMs: 0, syncVersion: '1', takeOverFrom: null } as const;
  await ledger.runs.claim({ ...claim, sync, run: `${sync}-1`, mode: 'full' });
  await ledger.staging.beginFetch(`${sync}-1`, 1);
  return ledger.deliveries.begin(`${sync}-1`, 1);
}

const factOf = (content: string): Fact => ({ content, version: null });

describe('the verdicts of the ledger', () => {
  test('tell new, changed, unchanged and superseded apart for any facts, in the order of the records', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async (batch) => {
        const syncId = await known(batch.map((pair) => pair.known));
        const found = await ledger.deliveries.verdicts(
          syncId,
          batch.map((pair, index) => ready(pair.record, index)),
        );
        const verdicts = batch.map((pair) => expected(pair.record, pair.known));
        expect(found.verdicts).toEqual(verdicts);
        const newer = ({ record, known: row }: (typeof batch)[number], index: number): boolean =>
          verdicts[index] === 'unchanged' &&
          record.version !== null &&
          record.version > (row?.version ?? record.version - 1);
        expect(found.renewed).toBe(batch.some(newer));
        const ids = batch.flatMap(({ known: row }, index) =>
          verdicts[index] === 'changed' && row?.destinationId ? [[String(index), row.destinationId]] : [],
        );
        expect(found.destinationIds).toEqual(Object.fromEntries(ids));
        const guessed = await ledger.deliveries.verdicts(
          syncId,
          batch.map((pair, index) => ready(pair.record, index)),
          true,
        );
        expect(guessed).toEqual({ ...found, unseen: false });
      }),
      { numRuns: 40 },
    );
  });

  test('of one sync know nothing of another with the same keys', async () => {
    const row: Known = { content: 'x', version: 1, state: 'c', destinationId: null };
    await known([row]);
    const other = await known([null]);
    expect((await ledger.deliveries.verdicts(other, [ready(row, 0)])).verdicts).toEqual(['new']);
  });

  const keys = ['NULL', '', ' a ', '"', '\\', '\\"', '{a,b}', "'", '\n\t\r', 'é😀', 'null', '\\N', '\\.'];

  test('find a record by its key, whatever characters are in it', async () => {
    const syncId = await known([]);
    for (const key of keys) {
      await ledger.pool.query(
        `insert into ledger (version, intent, sync_id, state, hash, key) values (1, 0, $1, 'c', $2, $3)`,
        [syncId, contentHash(key), key],
      );
    }
    const records = keys.map((key, ordinal) => ({ ...ready(factOf(key), ordinal), key }));
    expect((await ledger.deliveries.verdicts(syncId, records)).verdicts).toEqual(keys.map(() => 'unchanged'));
  });

  test('know what a first load has delivered, whatever characters are in key and id, and what it had not seen', async () => {
    const start = await firstDelivery('first');
    // So many are copied.
    const loaded = [...keys, ...Array.from({ length: COPIED_FROM }, (_, n) => `key ${n}`)];
    const records = loaded.map((key, ordinal) => ({
      ...ready({ content: 'x', version: ordinal || null }, ordinal),
      key,
    }));
    const { verdicts, unseen } = await ledger.deliveries.verdicts(start.syncId, records);
    expect({ verdicts, unseen }).toEqual({ verdicts: loaded.map(() => 'new'), unseen: true });
    const confirmed = records.map((record) => ({
      record,
      destinationId: record.ordinal % 2 ? `id of ${record.key}` : null,
    }));
    const intent = await ledger.deliveries.openIntent(start, 'first-1', 1, records);
    await ledger.deliveries.settle(start, 'first-1', 1, intent, { confirmed, rejects: [], unseen });
    const { rows } = await ledger.pool.query(
      `select key, destination_id as "destinationId", version::int, hash::text, state from ledger where sync_id = $1 order by version nulls first`,
      [start.syncId],
    );
    expect(rows.map((row) => ({ ...row, hash: row.hash.replaceAll('-', '') }))).toEqual(
      confirmed.map(({ record: { key, version, hash }, destinationId }) => ({
        key,
        destinationId,
        version,
        hash,
        state: 'c',
      })),
    );
    const changed = records.map((record) => ({ ...record, version: 1000, hash: contentHash('y') }));
    expect(await ledger.deliveries.verdicts(start.syncId, changed)).toMatchObject({
      verdicts: loaded.map(() => 'changed'),
      unseen: false,
    });
    const again = await ledger.deliveries.openIntent(start, 'first-1', 1, records);
    await expect(
      ledger.deliveries.settle(start, 'first-1', 1, again, { confirmed, rejects: [], unseen: true }),
    ).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('know nothing of what a replaced writer copies (invariant 7), and the intent stays open', async () => {
    const start = await firstDelivery('fenced');
    const records = Array.from({ length: COPIED_FROM }, (_, n) => ({ ...ready(factOf('x'), n), key: `key ${n}` }));
    const intent = await ledger.deliveries.openIntent(start, 'fenced-1', 1, records);
    const newer = await ledger.deliveries.begin('fenced-1', 1);
    const outcome = {
      confirmed: records.map((record) => ({ record, destinationId: null })),
      rejects: [],
      unseen: true,
    };
    await expect(ledger.deliveries.settle(start, 'fenced-1', 1, intent, outcome)).rejects.toMatchObject({
      code: 'FENCED',
    });
    const stands = async () =>
      (
        await ledger.pool.query(
          `select (select count(*)::int from ledger where sync_id = $1) as rows, (select state from intents where id = $2) as state`,
          [start.syncId, intent.id],
        )
      ).rows;
    expect(await stands()).toEqual([{ rows: 0, state: 'open' }]);
    await ledger.deliveries.settle(newer, 'fenced-1', 1, intent, outcome);
    expect(await stands()).toEqual([{ rows: COPIED_FROM, state: 'settled' }]);
    // Also where the newer writer has written the same rows.
    await expect(ledger.deliveries.settle(start, 'fenced-1', 1, intent, outcome)).rejects.toMatchObject({
      code: 'FENCED',
    });
  });

  test('of a record that was deleted say that it is new, and that the ledger has seen it', async () => {
    const syncId = await known([{ content: 'x', version: 1, state: 'd', destinationId: null }]);
    const found = await ledger.deliveries.verdicts(syncId, [ready(factOf('x'), 0)]);
    expect(found).toMatchObject({ verdicts: ['new'], unseen: false });
  });

  test('ask a large ledger for the rows of the batch and for no other, when comparing and when a newer version is noted', async () => {
    const syncId = await known([]);
    const records = Array.from({ length: 5_000 }, (_, ordinal) => ready({ content: 'x', version: 2 }, ordinal));
    const sql = await ledger.pool.connect();
    const read = async (): Promise<number> => {
      const { rows } = await sql.query<{ read: number }>(
        `select seq_tup_read::int + idx_tup_fetch::int as read from pg_stat_xact_user_tables where relname = 'ledger'`,
      );
      return rows[0]?.read ?? 0;
    };
    try {
      await sql.query('begin');
      await sql.query(
        `insert into ledger (version, intent, sync_id, state, hash, key)
         select 1, 0, $1, 'c', $2, 'k' || n from generate_series(0, 99999) n`,
        [syncId, contentHash('x')],
      );
      const pool = Object.create(ledger.pool, { query: { value: sql.query.bind(sql) } });
      const before = await read();
      const { verdicts, renewed } = await ledgerVerdicts(pool).verdicts(syncId, records, true);
      expect({ verdicts, renewed }).toEqual({ verdicts: records.map(() => 'unchanged'), renewed: true });
      expect((await read()) - before).toBe(records.length);
      await renewVersions(sql, syncId, records);
      // Each once to find it, and once to write it.
      expect((await read()) - before).toBeLessThanOrEqual(3 * records.length);
      const { rows } = await sql.query(
        'select version::int, count(*)::int from ledger where sync_id = $1 group by 1 order by 1',
        [syncId],
      );
      expect(rows).toEqual([
        { version: 1, count: 95_000 },
        { version: 2, count: 5_000 },
      ]);
    } finally {
      await sql.query('rollback');
      sql.release();
    }
  });
});
