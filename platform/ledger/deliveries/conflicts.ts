import type { Pool, PoolClient } from 'pg';
import { query } from '../sql/sql.ts';
import type { Confirmed } from './confirmed.ts';

/** What the ledger knows of records that somebody else may have changed in the destination. */
export function ledgerConflicts(pool: Pool) {
  return {
    /** The versions that the destination gave records when they were last written, by key; absent where it gave none. */
    async tags(syncId: number, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
      const rows = await query<{ key: string; tag: string }>(
        pool,
        'reading tags',
        'select key, tag from tags where sync_id = $1 and key = any ($2::text[])',
        [syncId, keys],
      );
      return new Map(rows.map(({ key, tag }) => [key, tag]));
    },

    /** Of these keys those that a replay run took out of quarantine as conflicts: a person has looked at them. */
    async decidedByPerson(run: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
      const rows = await query<{ key: string }>(
        pool,
        'reading what is replayed',
        `select q.key from replays p join quarantine q on q.id = p.entry
         where p.run = $1 and q.code = 'CONFLICT' and q.key = any ($2::text[])`,
        [run, keys],
      );
      return new Set(rows.map(({ key }) => key));
    },
  };
}

export const hasTags = (confirmed: readonly Confirmed[]): boolean => confirmed.some(({ tag }) => tag !== undefined);

/** Keeps the tags of what was confirmed, in the transaction of its outcome. */
export async function keepTags(sql: PoolClient, syncId: number, confirmed: readonly Confirmed[]): Promise<void> {
  const written = confirmed.filter(({ tag }) => tag !== undefined);
  if (written.length === 0) return;
  const keys = written.map(({ record }) => record.key);
  // The version that was known is over, also where the new one is not told.
  await sql.query('delete from tags where sync_id = $1 and key = any ($2::text[])', [syncId, keys]);
  await sql.query(
    `insert into tags (sync_id, key, tag) select $1, u.key, u.tag from unnest($2::text[], $3::text[]) as u(key, tag)
     where u.tag is not null`,
    [syncId, keys, written.map(({ tag }) => tag)],
  );
}
