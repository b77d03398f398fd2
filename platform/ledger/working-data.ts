import type { Pool } from 'pg';
import { dropDeletions } from './deletions.ts';
import { dropStaged } from './doubts.ts';

/** Drops what only an open run needs. */
export async function dropWorkingData(sql: Pick<Pool, 'query'>, run: string): Promise<void> {
  await dropStaged(sql, run);
  await dropDeletions(sql, run);
  await sql.query('delete from written where run = $1', [run]);
  await sql.query('delete from replays where run = $1', [run]);
  await sql.query('delete from chosen_keys where run = $1', [run]);
}
