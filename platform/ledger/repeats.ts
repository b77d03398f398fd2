import type { Pool } from 'pg';
import type { BatchRef } from '../../model/batch.ts';
import type { ReadyRecord } from '../../model/prepared.ts';
import { NO_HASH } from './extras.ts';
import { ROW_BY_KEY } from './rows.ts';
import { query, transaction, type Writer, writeUnderFence } from './sql.ts';

/** A record that was passed over, since another one of its key won before. */
export interface PassedOver {
  readonly seq: number;
  readonly ordinal: number;
}

const keysAndHashes = (records: readonly ReadyRecord[]): readonly (readonly string[])[] => [
  records.map(({ key }) => key),
  records.map(({ hash }) => hash),
];

/** Records of one key, batches apart: which of them lost, so that they are not written over the winner in each run. */
export function ledgerRepeats(pool: Pool) {
  return {
    /** The positions of those whose content has lost before, unless it comes under a newer version now. */
    async losers(syncId: number, records: readonly ReadyRecord[]): Promise<ReadonlySet<number>> {
      const rows = await query<{ ordinal: number }>(
        pool,
        'looking for records that lost',
        `select k.ordinal from unnest($2::text[], $3::uuid[], $4::int[], $5::bigint[]) as k(key, hash, ordinal, version)
         join repeated r on r.sync_id = $1 and r.key = k.key and r.hash = k.hash
         cross join lateral (${ROW_BY_KEY}) found where (k.version > found.version) is not true`,
        [
          syncId,
          ...keysAndHashes(records),
          records.map(({ ordinal }) => ordinal),
          records.map(({ version }) => version),
        ],
      );
      return new Set(rows.map(({ ordinal }) => ordinal));
    },

    /** A record of each of these keys has come: what was passed over before it in this run has lost again. */
    async meet(start: Writer, { run, seq }: BatchRef, keys: readonly string[]): Promise<void> {
      await writeUnderFence(
        pool,
        'noting who won',
        start,
        `met as (
           update repeated set run = null, seq = null, ordinal = null from writer
           where sync_id = $1 and key = any ($3::text[]) and run = $4 and seq < $5)`,
        [keys, run, seq],
        { by: query },
      );
    },

    /** Passes records over until the winner of their key comes. */
    async passOver(start: Writer, { run, seq }: BatchRef, records: readonly ReadyRecord[]): Promise<void> {
      await writeUnderFence(
        pool,
        'passing over what lost',
        start,
        `passed as (
           update repeated r set run = $6, seq = $7, ordinal = k.ordinal
           from writer, unnest($3::text[], $4::uuid[], $5::int[]) as k(key, hash, ordinal)
           where r.sync_id = $1 and r.key = k.key and r.hash = k.hash)`,
        [...keysAndHashes(records), records.map(({ ordinal }) => ordinal), run, seq],
        { by: query },
      );
    },

    /** Before records are sent that take the place of others: what is replaced has lost, and these have not. */
    async overtake(start: Writer, records: readonly ReadyRecord[]): Promise<void> {
      await writeUnderFence(
        pool,
        'noting what lost',
        start,
        `won as (
           delete from repeated r using writer, unnest($3::text[], $4::uuid[]) as k(key, hash)
           where r.sync_id = $1 and r.key = k.key and r.hash = k.hash and r.run is null),
         lost as (
           insert into repeated (sync_id, key, hash) select $1, found.key, found.hash
           from writer, unnest($3::text[], $4::uuid[]) as k(key, hash) cross join lateral (${ROW_BY_KEY}) found
           where found.hash <> k.hash and found.hash <> '${NO_HASH}' on conflict do nothing)`,
        keysAndHashes(records),
        { by: query },
      );
    },

    /** What the run has passed over, and no later record of the key came. */
    passedOver: (syncId: number, run: string): Promise<readonly PassedOver[]> =>
      query<PassedOver & Record<string, unknown>>(
        pool,
        'looking for records without a winner',
        'select seq, ordinal from repeated where sync_id = $1 and run = $2 order by seq, ordinal',
        [syncId, run],
      ),

    /** Counts a batch anew, of which records were delivered, or set aside, that had been passed over. Safe to repeat. */
    recountPassedOver: (start: Writer, { run, seq }: BatchRef): Promise<void> =>
      transaction(pool, 'counting a batch anew', (sql) =>
        writeUnderFence(
          sql,
          'counting a batch anew',
          start,
          `decided as (
             delete from repeated r using writer where r.sync_id = $1 and r.run = $3 and r.seq = $4 and (
               exists (select from ledger l where l.sync_id = $1 and l.key = r.key and l.hash = r.hash)
               or exists (select from quarantine q where q.run = $3 and q.seq = $4 and q.ordinal = r.ordinal))
             returning 1),
           counted as (
             update batches b set counts = b.counts || jsonb_build_object(
               'superseded', (b.counts ->> 'superseded')::int - (select count(*)::int from decided),
               'delivered', (select coalesce(sum(confirmed), 0)::int from intents where run = $3 and seq = $4),
               'quarantined', (select count(*)::int from quarantine where run = $3 and seq = $4))
             from writer where b.run = $3 and b.seq = $4)`,
          [run, seq],
          { by: query },
        ).then(() => undefined),
      ),
  };
}
