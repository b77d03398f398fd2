import type { Pool } from 'pg';
import { ask } from '../../platform/ledger/sql.ts';
import type { Said } from '../vices/oracle.ts';

/** How a run ended, by the ledger's word, and what it and the quarantine say of records. */
export async function saidOf(pool: Pool, run: string): Promise<{ readonly status: string; readonly said: Said }> {
  const [row] = await ask<{ status: string; keys: (string | null)[] }>(
    pool,
    'looking at the books',
    `select r.status, array(select q.key from quarantine q where q.sync_id = r.sync_id and q.state = 'open') as keys
     from runs r where r.id = $1`,
    [run],
  );
  const keys = new Set((row?.keys ?? []).map(String));
  return { status: row?.status ?? 'unknown', said: { keys, missing: false, different: false } };
}
