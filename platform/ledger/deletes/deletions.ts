import type { Pool, PoolClient } from 'pg';
import { ROW_BY_KEY } from '../deliveries/rows.ts';
import { joiningSets, query, type Writer, writeUnderFence } from '../sql/sql.ts';
import { decideExtras } from './extras.ts';

/** A record that is gone from the source and has to go from the destination. */
export interface Deletion {
  /** Position in the list that was decided, from 0. */
  readonly n: number;
  readonly key: string;
  readonly destinationId: string | null;
}

/** The number of the batch under which the deletions of a run are kept; batches that were read count from 1. */
export const DELETIONS = 0;

const isSeen = (run: string, key: string): string =>
  `exists (select from (select unnest(hashes) as hash from seen where run = ${run}) s where s.hash = hashtextextended(${key}, 0))`;

const identityOf = (row: string): string => `coalesce(${row}.destination_id, ${row}.key)`;

/**
 * That no live record has the row of the destination that `l` is about: none of this sync that was read, and none of
 * another. As two conditions, each of which is one join of sets.
 */
const isFree = (run: string, others: string): string => `
  not exists (select from ledger o where o.sync_id = l.sync_id and o.key <> l.key and o.state in ('c', 't')
    and ${identityOf('o')} = ${identityOf('l')} and ${isSeen(run, 'o.key')})
  and not exists (select from ledger o where o.sync_id = any (${others}::int[]) and o.state in ('c', 'x')
    and ${identityOf('o')} = ${identityOf('l')})`;

/** Who else may have the rows of a sync. */
export interface Holders {
  /** Other syncs that write to the same place. */
  readonly others: readonly number[];
  /** Some records are known to the destination by something else than their key, so that two may be known by one thing. */
  readonly named: boolean;
}

/** One sync alone at its place, whose records are all known by their keys. */
export const NOBODY_ELSE: Holders = { others: [], named: false };

export const mayBeHeld = ({ others, named }: Holders): boolean => named || others.length > 0;

// Rows at the destination: delivered, or with a delete whose outcome nobody knows.
export const missingRows = (run: string): string =>
  `from ledger l where l.sync_id = $1 and l.state in ('c', 'x') and not ${isSeen(run, 'l.key')}`;

/** Invariant 6, safe deletes: a row that another live record holds is not deleted. */
export const deletableRows = (run: string, others: string, holders: Holders): string =>
  mayBeHeld(holders) ? `${missingRows(run)} and ${isFree(run, others)}` : missingRows(run);

// Parts of a write under the fence; $3: the run, $4: DELETIONS, $5: other syncs.
const decided = `decided as (insert into batches (run, seq, state) select $3, $4, 'fetched' from writer)`;
const listed = (holders: Holders): string => `listed as (
  insert into deletions (run, n, key, destination_id)
  select $3, row_number() over (order by l.key) - 1, l.key, l.destination_id ${deletableRows('$3', '$5', holders)} and exists (select from writer))`;
// What others hold is theirs from now on.
const forgotten = (holders: Holders): string => `forgotten as (
  update ledger set state = 'd' from writer where sync_id = $1 and key in (
    select l.key ${missingRows('$3')} except select l.key ${deletableRows('$3', '$5', holders)}))`;

/** The list of what a run deletes: decided once, and durable before the first request. */
export function ledgerDeletions(pool: Pool) {
  return {
    /** Makes the list durable, as long as it was found to be: from now on it is what this run deletes. */
    async decide(
      start: Writer,
      run: string,
      found: { readonly missing: number; readonly extras: number; readonly held?: number },
      holders: Holders = NOBODY_ELSE,
    ): Promise<void> {
      const what = 'deciding what to delete';
      const { others } = holders;
      const parts = [
        decided,
        ...(found.missing > 0 ? [listed(holders)] : []),
        ...((found.held ?? 0) > 0 ? [forgotten(holders)] : []),
      ];
      const values = parts.length > 1 && mayBeHeld(holders) ? [run, DELETIONS, others] : [run, DELETIONS];
      const decide = (sql: Pool | PoolClient) =>
        writeUnderFence(sql, what, start, parts.join(', '), values, { by: query });
      if (parts.length === 1 && found.extras === 0) await decide(pool);
      else
        await joiningSets(pool, what, async (sql) => {
          await decide(sql);
          if (found.extras > 0) await decideExtras(sql, start.syncId, run, others);
        });
    },

    /** The keys of the list that was decided, in their order. */
    async *decidedKeys(run: string): AsyncIterable<string> {
      for (let after = -1; ; ) {
        const rows: { n: number; key: string }[] = await query<{ n: number; key: string }>(
          pool,
          'reading what to delete',
          'select n, key from deletions where run = $1 and n > $2 order by n limit 10000',
          [run, after],
        );
        for (const { key } of rows) yield key;
        const last = rows.at(-1);
        if (!last) return;
        after = last.n;
      }
    },

    /** The next records of the list that still have to go, after the n-th: so many at the most, none at its end. */
    async next(syncId: number, run: string, after: number, limit: number): Promise<readonly Deletion[]> {
      // By their number, which has no gaps, and each row by its key: nothing else is read of the list and of the ledger.
      for (let from = after; ; from += limit) {
        const rows = await query<Deletion & { left: boolean }>(
          pool,
          'reading what to delete',
          `select k.n, k.key, k.destination_id as "destinationId", coalesce(found.state not in ('d', 's'), false) as left
           from deletions k left join lateral (${ROW_BY_KEY}) found on true
           where k.run = $2 and k.n > $3 and k.n <= $4 order by k.n`,
          [syncId, run, from, from + limit],
        );
        const left = rows.filter((one) => one.left);
        if (left.length > 0 || rows.length === 0)
          return left.map(({ n, key, destinationId }) => ({ n, key, destinationId }));
      }
    },
  };
}
