import type { Pool, PoolClient } from 'pg';
import type { BatchRef } from '../../model/batch.ts';
import { type DeliveryStart, startOf } from './delivery-start.ts';
import { type Intent, intentsOf } from './intents.ts';
import { holdFence, query, transaction } from './sql.ts';

// Of ended runs: the one that holds the sync may have anything under way.
const leftStaged = `from runs r join (select distinct run, seq from staged) s on s.run = r.id
  join runs now on now.sync_id = r.sync_id and now.id = $1 where r.id <> now.id`;

/**
 * Requests in doubt that outlive their run: it was cancelled, or its workflow is gone, before they were settled. What
 * was staged of their batches is kept, so that a later run can settle them before it sends the same records again.
 */
export function ledgerDoubts(pool: Pool) {
  return {
    /** Batches of ended runs of this run's sync of which something is staged still, oldest first. */
    leftBatches: (run: string): Promise<readonly BatchRef[]> =>
      query<{ run: string; seq: number }>(
        pool,
        'looking for requests in doubt of earlier runs',
        `select r.id as run, s.seq ${leftStaged} order by r.started_at, s.seq`,
        [run],
      ),

    /** Takes the next fence number for an attempt that settles what earlier runs left. */
    beginLeft: (run: string): Promise<DeliveryStart> =>
      transaction(pool, 'beginning to settle', async (sql) => ({
        ...(await startOf(sql, run)),
        delivered: null,
        intents: [],
      })),

    /** The requests of such a batch that are still in doubt. */
    inDoubt: (start: DeliveryStart, ref: BatchRef): Promise<readonly Intent[]> =>
      transaction(pool, 'reading requests in doubt', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        const intents = await intentsOf(sql, ref.run, ref.seq);
        return intents.filter(({ state }) => state === 'open' || state === 'unknown');
      }),

    /** Nothing of the batch is in doubt any more: what was kept of it goes. */
    dropLeft: (start: DeliveryStart, ref: BatchRef): Promise<void> =>
      transaction(pool, 'dropping a settled batch', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        await sql.query('delete from staged where run = $1 and seq = $2', [ref.run, ref.seq]);
      }),

    /** Whether this is the first to take the answer of this number; then it is taken. */
    takeAnswer: (start: DeliveryStart, ref: BatchRef, answerNumber: number): Promise<boolean> =>
      transaction(pool, 'taking an answer', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        const { rowCount } = await sql.query(
          'insert into answers (run, seq, number) values ($1, $2, $3) on conflict do nothing',
          [ref.run, ref.seq, answerNumber],
        );
        return rowCount === 1;
      }),

    /** Proves that no other attempt has taken over since. Throws FENCED. */
    stillWriter: (start: DeliveryStart): Promise<void> =>
      transaction(pool, 'proving to be the writer', (sql) => holdFence(sql, start.syncId, start.fence)),
  };
}

/** Drops what was staged of a run that ends, except batches of which a request is in doubt (invariant 3). */
export async function dropStaged(sql: Pick<PoolClient, 'query'>, run: string): Promise<void> {
  await sql.query(
    `delete from staged s where s.run = $1 and not exists (
       select from intents i where i.run = s.run and i.seq = s.seq and i.state in ('open', 'unknown'))`,
    [run],
  );
}
