import type { Pool } from 'pg';
import type { BatchRef } from '../../../model/sync/batch.ts';
import { ask, holdFence, type Writer, writeUnderFence } from '../sql/sql.ts';
import type { Confirmed } from './confirmed.ts';
import { beginLeft, type DeliveryStart } from './delivery-start.ts';
import { type Intent, intentsOf } from './intents.ts';
import { leftStaged } from './left-staged.ts';
import { packSample } from './samples.ts';

// Of ended runs: the one that holds the sync may have anything under way. What is only to be read back is none of it.

/**
 * Requests that outlive their run: it was cancelled, or its workflow is gone, before they were settled, or before what they
 * delivered was read back. What was staged of their batches is kept, so that a later run can settle them before it sends
 * the same records again.
 */
export function ledgerDoubts(pool: Pool) {
  return {
    /** Batches of ended runs of this run's sync of which something is staged still, oldest first. */
    leftBatches: (run: string): Promise<readonly BatchRef[]> =>
      ask<{ run: string; seq: number }>(
        pool,
        'looking for what earlier runs left',
        `select r.id as run, s.seq ${leftStaged} order by r.started_at, s.seq`,
        [run],
      ),

    /** Takes the next fence number for an attempt that settles what earlier runs left. */
    beginLeft: (run: string): Promise<DeliveryStart> => beginLeft(pool, run),

    /** The requests of a batch that are still in doubt. */
    async inDoubt(ref: BatchRef): Promise<readonly Intent[]> {
      const intents = await intentsOf(pool, ref.run, ref.seq);
      return intents.filter(({ state }) => state === 'open' || state === 'unknown');
    },

    /**
     * The requests of a batch that are in doubt, or have delivered something since it was closed: of what an ended run left,
     * or of what is delivered late.
     */
    async leftIntents(ref: BatchRef): Promise<readonly Intent[]> {
      const intents = await intentsOf(pool, ref.run, ref.seq);
      return intents.filter(({ state }) => state !== 'void');
    },

    /** Nothing of the batch is in doubt any more: what was kept of it goes, unless there is something to read back. */
    async dropLeft(start: DeliveryStart, ref: BatchRef, toReadBack: readonly Confirmed[]): Promise<void> {
      await writeUnderFence(
        pool,
        'dropping a settled batch',
        start,
        `dropped as (delete from staged using writer where run = $3 and seq = $4 and $5::bytea is null),
         sampled as (
           insert into written (run, seq, records) select $3, $4, $5::bytea from writer where $5::bytea is not null
           on conflict do nothing)`,
        [ref.run, ref.seq, await packSample(toReadBack)],
      );
    },

    /** Whether this is the first to take the answer of this number; then it is taken. */
    async takeAnswer(start: DeliveryStart, ref: BatchRef, answerNumber: number): Promise<boolean> {
      const row = await writeUnderFence<{ taken: boolean }>(
        pool,
        'taking an answer',
        start,
        `taken as (
           insert into answers (run, seq, number) select $3, $4, $5 from writer on conflict do nothing returning 1
         )`,
        [ref.run, ref.seq, answerNumber],
        { answer: ', exists (select from taken) as taken' },
      );
      return row?.taken === true;
    },

    /** Proves that no other attempt has taken over since. Throws FENCED. */
    stillWriter: (start: Writer): Promise<void> => holdFence(pool, start.syncId, start.fence),
  };
}
