import type { PoolClient } from 'pg';
import type { Counts } from '../../model/batch.ts';
import type { Intent } from './intents.ts';
import { takeFence } from './sql.ts';

export interface DeliveryStart {
  /** The number that this attempt writes under; every older one is refused from now on. */
  readonly fence: number;
  readonly syncId: number;
  /** Set when the batch has been delivered before. */
  readonly delivered: Counts | null;
  /** Something of this sync lies in quarantine: what arrives may make it good. */
  readonly openEntries: boolean;
  /** The most records that the destination takes in one request, as it showed lately; null: not known. */
  readonly requestRecords: number | null;
  /** The ledger may know less than the destination: what is there is looked at before it is written. */
  readonly recovering: boolean;
  readonly intents: readonly Intent[];
}

/** A limit that was learned is tried again after this long: it may have been raised. */
const FORGET_LIMIT_AFTER = '7 days';

/** Takes the next fence number, and tells what every writer of this sync has to know. */
export async function startOf(sql: PoolClient, run: string): Promise<Omit<DeliveryStart, 'delivered' | 'intents'>> {
  const writer = await takeFence(sql, run);
  const { rows } = await sql.query<{ open: boolean; learned: number | null; recovering: boolean }>(
    `select exists (select from quarantine where sync_id = $1 and state = 'open') as open,
       (select request_records from syncs where id = $1 and request_records_at > now() - $2::interval) as learned,
       (select recovering_since is not null from syncs where id = $1) as recovering`,
    [writer.syncId, FORGET_LIMIT_AFTER],
  );
  const { open = false, learned = null, recovering = false } = rows[0] ?? {};
  return { ...writer, openEntries: open, requestRecords: learned, recovering };
}
