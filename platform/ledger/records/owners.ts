import type { Pool, PoolClient } from 'pg';
import type { ReadyRecord, Reject } from '../../../model/record/prepared.ts';
import { NO_HASH } from '../deletes/extras.ts';
import { insertRejects } from '../quarantine/quarantine.ts';
import { query, transaction, type Writer, writeUnderFence } from '../sql/sql.ts';

/** A record, and what the destination will know it by. */
export interface Claim {
  readonly record: ReadyRecord;
  readonly identity: string;
}

/** A claim to what another record of the sync owns. */
export interface Taken extends Claim {
  readonly reject: Reject;
}

/**
 * The key of the record of the sync $1 that has the row of the destination that is known by `k.identity`. Of several, as a
 * ledger may have that was written before owners were looked for, always the same one.
 */
export const OWNER_OF_IDENTITY = `select o.key from (
    (select l.key from ledger l where l.sync_id = $1 and l.key = k.identity and l.destination_id is null and l.state in ('c', 'x') limit 1)
    union all
    (select l.key from ledger l where l.sync_id = $1 and l.destination_id = k.identity and l.state in ('c', 'x') order by l.key limit 1)
  ) o order by o.key limit 1`;

/** Which record has which row of the destination: one row has one owner. */
export function ledgerOwners(pool: Pool) {
  return {
    /** The owners of what is claimed, by place; none for what nobody has. */
    async owners(syncId: number, identities: readonly string[]): Promise<ReadonlyMap<number, string>> {
      const rows = await query<{ place: number; key: string }>(
        pool,
        'looking for owners',
        `select k.ord::int - 1 as place, owner.key from unnest($2::text[]) with ordinality as k(identity, ord)
         cross join lateral (${OWNER_OF_IDENTITY}) owner`,
        [syncId, identities],
      );
      return new Map(rows.map(({ place, key }) => [place, key]));
    },

    /** Has records sent again by the next run that reads them. */
    async sendAgain(start: Writer, keys: readonly string[]): Promise<void> {
      await writeUnderFence(pool, 'marking what was overwritten', start, marked, [keys], { by: query });
    },

    /** Sets claims aside that were not sent, and remembers what they claim. Safe to repeat. */
    setAsideTaken: (start: Writer, run: string, seq: number, taken: readonly Taken[]): Promise<void> =>
      transaction(pool, 'setting claims aside', (sql) => setAside(sql, start, run, seq, taken)),
  };
}

/** A claim that was written, over what belongs to the owner. */
export interface Overwritten extends Taken {
  readonly owner: string;
}

/** Sets them aside, and has their owners sent again by the next run that reads them. In the transaction of their outcome. */
export async function noteOverwritten(
  sql: PoolClient,
  start: Writer,
  run: string,
  seq: number,
  overwrote: readonly Overwritten[],
): Promise<void> {
  if (overwrote.length === 0) return;
  await setAside(sql, start, run, seq, overwrote);
  const owners = overwrote.map(({ owner }) => owner);
  await writeUnderFence(sql, 'marking what was overwritten', start, marked, [owners], { by: query });
}

/** A part of a write under the fence. */
const marked = `marked as (update ledger set hash = '${NO_HASH}' from writer where sync_id = $1 and key = any ($3::text[]))`;

async function setAside(
  sql: PoolClient,
  start: Writer,
  run: string,
  seq: number,
  taken: readonly Taken[],
): Promise<void> {
  await writeUnderFence(sql, 'setting claims aside', start, claimed, claimsOf(taken), { by: query });
  await insertRejects(
    sql,
    start.syncId,
    run,
    seq,
    taken.map(({ reject }) => reject),
  );
}

/** A part of a write under the fence: rows of claims. What a record has of its own stays known. */
const claimed = `claimed as (
     insert into ledger (intent, sync_id, state, hash, key, destination_id)
     select 0, $1, 't', '${NO_HASH}', u.key, u.identity from writer, unnest($3::text[], $4::text[]) as u(key, identity)
     on conflict (sync_id, key) do update set state = 't', hash = excluded.hash, version = null, destination_id = excluded.destination_id
     where ledger.state in ('d', 't') or coalesce(ledger.destination_id, ledger.key) = excluded.destination_id)`;

const claimsOf = (taken: readonly Taken[]): readonly (readonly string[])[] => [
  taken.map(({ record }) => record.key),
  taken.map(({ identity }) => identity),
];
