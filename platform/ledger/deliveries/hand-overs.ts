import type { Pool } from 'pg';
import type { BatchRef } from '../../../model/sync/batch.ts';
import { NO_HASH } from '../deletes/extras.ts';
import { OWNER_OF_IDENTITY } from '../records/owners.ts';
import { ask, query, transaction, type Writer, writeUnderFence } from '../sql/sql.ts';
import type { Confirmed } from './confirmed.ts';
import { addToSample } from './samples.ts';

/** A record that a run set aside, since another one has its row. */
export interface Waiting {
  readonly seq: number;
  readonly ordinal: number;
  readonly key: string;
  /** The key of the record that has the row now; its own when that has been handed over to it. */
  readonly owner: string | null;
}

/** The run $5 set another record of the key aside, in an earlier batch. */
const SET_ASIDE_BEFORE = `exists (
  select from quarantine e where e.run = $5 and e.key = l.key and e.code = 'DESTINATION_KEY_TAKEN' and e.state = 'superseded'
    and e.resolved_by = $5)`;

/** Rows of the destination that go from a record that is gone to the one that claims them. */
export function ledgerHandOvers(pool: Pool) {
  return {
    /** What a run set aside for an owner, in the order in which it was read. */
    waiting: (syncId: number, run: string): Promise<readonly Waiting[]> =>
      query<Waiting & Record<string, unknown>>(
        pool,
        'reading what waits for an owner',
        `select k.seq, k.ordinal, k.key, owner.key as owner from (
           select q.seq, q.ordinal, q.key, coalesce(l.destination_id, l.key) as identity
           from quarantine q join ledger l on l.sync_id = $1 and l.key = q.key
           where q.run = $2 and q.code = 'DESTINATION_KEY_TAKEN'
             and (q.state = 'open' and l.state = 't' or q.state = 'replayed' and q.resolved_by = $2)) k
         left join lateral (${OWNER_OF_IDENTITY}) owner on true order by k.seq, k.ordinal`,
        [syncId, run],
      ),

    /** The batches of a run whose read is proven to be complete, all delivered, and each record with a key; else none. */
    async provenBatches(run: string): Promise<readonly BatchRef[]> {
      const rows = await ask<{ seq: number; complete: boolean; state: string; keyless: boolean }>(
        pool,
        'looking whether everything was read',
        `select seq, complete, state, exists (select from quarantine where run = $1 and key is null) as keyless
         from batches where run = $1 and seq > 0 order by seq`,
        [run],
      );
      const proven = rows.some(({ complete }) => complete) && rows.every(({ keyless }) => !keyless);
      const read = rows.filter(({ state }) => state === 'delivered');
      const whole = rows.every(({ state, complete }) => state === 'delivered' || complete);
      return proven && whole ? read.map(({ seq }) => ({ run, seq })) : [];
    },

    /**
     * Makes records the owners of the rows that they claim, as rows that have to be sent again. Those that had them are
     * known no more, without a delete at the destination. A key that the run set aside twice is one that repeats: the next
     * run does not send its first record over the one that is delivered now. Safe to repeat.
     */
    handOver: (start: Writer, run: string, heirs: readonly Waiting[]): Promise<void> =>
      transaction(pool, 'handing rows over', async (sql) => {
        await writeUnderFence(
          sql,
          'handing rows over',
          start,
          `gone as (update ledger set state = 'd' from writer where sync_id = $1 and key = any ($4::text[])),
           owning as (
             update ledger l set state = 'c', hash = '${NO_HASH}', repeats = case when ${SET_ASIDE_BEFORE} then true else l.repeats end
             from writer where l.sync_id = $1 and l.key = any ($3::text[]) and l.state = 't'),
           taken_out as (
             update quarantine q set state = 'replayed', resolved_at = now(), resolved_by = $5 from writer
             where q.run = $5 and q.code = 'DESTINATION_KEY_TAKEN' and q.state = 'open' and q.key = any ($3::text[]))`,
          [heirs.map(({ key }) => key), heirs.flatMap(({ owner }) => owner ?? []), run],
          { by: query },
        );
      }),

    /**
     * Counts a batch anew, of which records were delivered after it was closed; `sample`: those to be read back. Safe to repeat.
     */
    recount: (start: Writer, run: string, seq: number, sample: readonly Confirmed[]): Promise<void> =>
      transaction(pool, 'counting a batch anew', async (sql) => {
        await sql.query(
          `delete from quarantine q using ledger l where q.run = $2 and q.seq = $3 and q.code = 'DESTINATION_KEY_TAKEN'
             and q.state = 'replayed' and q.resolved_by = $2 and l.sync_id = $1 and l.key = q.key and l.hash <> '${NO_HASH}'`,
          [start.syncId, run, seq],
        );
        await writeUnderFence(
          sql,
          'counting a batch anew',
          start,
          `counted as (
             update batches b set counts = b.counts || jsonb_build_object(
               'delivered', (select coalesce(sum(confirmed), 0)::int from intents where run = $3 and seq = $4),
               'quarantined', (select count(*)::int from quarantine where run = $3 and seq = $4))
             from writer where b.run = $3 and b.seq = $4)`,
          [run, seq],
          { by: query },
        );
        await addToSample(sql, run, seq, sample);
      }),
  };
}
