import type { Pool } from 'pg';
import { SyncFailure } from '../../../model/failure/failure.ts';
import type { Counts } from '../../../model/sync/batch.ts';
import { isUnagreed } from '../records/unagreed.ts';
import { ask, takeFence, type WriterStart } from '../sql/sql.ts';
import { type Intent, intentsOf } from './intents.ts';
import { leftStaged } from './left-staged.ts';

/** What an attempt that delivers has to know. `fence`: every older number is refused from now on. */
export interface DeliveryStart extends WriterStart {
  /** Set when the batch has been delivered before. */
  readonly delivered: Counts | null;
  /** Something of this sync lies in quarantine: what arrives may make it good. */
  readonly openEntries: boolean;
  /** Reading back found records of this sync that both sides do not agree on. */
  readonly unagreed: boolean;
  /** Something is staged of an earlier run of this sync, and may be in doubt. */
  readonly left: boolean;
  /** The run keeps to a plan. */
  readonly planned: boolean;
  /** Some records of the sync are known to the destination by something else than their key. */
  readonly named: boolean;
  /** Of the first request of the run, by its number; null: it has sent nothing yet. */
  readonly firstIntent: string | null;
  readonly intents: readonly Intent[];
}

interface Found {
  readonly state: string | null;
  readonly counts: Counts | null;
  readonly open: boolean;
  readonly unagreed: boolean;
  readonly left: boolean;
  readonly planned: boolean;
  readonly named: boolean;
  readonly first: string | null;
  readonly begun: boolean;
}

/** Takes the next fence number, and tells what earlier attempts at the batch left. */
export async function beginDelivery(pool: Pool, run: string, seq: number): Promise<DeliveryStart> {
  const { state, counts, begun, ...start } = await startOf(pool, run, seq);
  if (state === null) throw new SyncFailure('STAGING_LOST', `the ledger knows no batch ${seq} of this run`);
  if (state === 'delivered') return { ...start, delivered: counts, intents: [] };
  return { ...start, delivered: null, intents: begun ? await intentsOf(pool, run, seq) : [] };
}

/** Takes the next fence number, for an attempt that settles what earlier runs left. */
export async function beginLeft(pool: Pool, run: string): Promise<DeliveryStart> {
  const { state, counts, begun, ...start } = await startOf(pool, run, 0);
  return { ...start, delivered: null, intents: [] };
}

async function startOf(pool: Pool, run: string, seq: number) {
  const writer = await takeFence(pool, run);
  const [found] = await ask<Found & Record<string, unknown>>(
    pool,
    'beginning a delivery',
    // Sorted as the index of the quarantine is: a plan for any sync would read all of it, where most syncs have much in it.
    `select b.state, b.counts,
       (select true from quarantine where sync_id = $3 and state = 'open' order by at desc limit 1) is true as open,
       ${isUnagreed('$3')} as unagreed,
       exists (select ${leftStaged}) as left,
       exists (select from planned_runs where run = $1) as planned,
       (select true from ledger where sync_id = $3 and destination_id is not null order by destination_id limit 1) is true as named,
       (select min(id) from intents where run = $1 and seq = (select min(seq) from intents where run = $1 and seq > 0)) as first,
       exists (select from intents where run = $1 and seq = $2) as begun
     from runs r left join batches b on b.run = r.id and b.seq = $2 where r.id = $1`,
    [run, seq, writer.syncId],
  );
  const {
    state = null,
    counts = null,
    open = false,
    unagreed = false,
    left = false,
    planned = false,
    named = false,
    first = null,
    begun = false,
  } = found ?? {};
  return { ...writer, state, counts, openEntries: open, unagreed, left, planned, named, firstIntent: first, begun };
}
