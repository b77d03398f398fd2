import type { Pool, PoolClient } from 'pg';
import type { Reject } from '../../model/prepared.ts';
import { query } from './sql.ts';

/** Puts records aside. A record of a batch lies there once, however often the step is repeated. */
export async function insertRejects(
  sql: Pool | PoolClient,
  syncId: number,
  run: string,
  seq: number,
  rejects: readonly Reject[],
): Promise<void> {
  if (rejects.length === 0) return;
  await query(
    sql,
    'writing to quarantine',
    `insert into quarantine (sync_id, run, seq, ordinal, stage, key, code, field, rule, reason, record)
     select $1, $2, $3, u.* from unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
       as u(ordinal, stage, key, code, field, rule, reason, record)
     on conflict (run, seq, ordinal) do nothing`,
    [
      syncId,
      run,
      seq,
      rejects.map((reject) => reject.ordinal),
      rejects.map((reject) => reject.stage),
      rejects.map((reject) => reject.key),
      rejects.map((reject) => reject.code),
      rejects.map((reject) => reject.field),
      rejects.map((reject) => reject.rule),
      rejects.map((reject) => reject.reason),
      rejects.map((reject) => reject.record),
    ],
  );
}

export interface QuarantineGroup {
  readonly code: string;
  readonly field: string | null;
  readonly reason: string;
  readonly records: number;
}

export function ledgerQuarantine(pool: Pool) {
  return {
    add: (syncId: number, run: string, seq: number, rejects: readonly Reject[]): Promise<void> =>
      insertRejects(pool, syncId, run, seq, rejects),

    /** What a run set aside, grouped by reason, most frequent first. */
    byReason: (run: string): Promise<readonly QuarantineGroup[]> =>
      query<{ code: string; field: string | null; reason: string; records: number }>(
        pool,
        'reading the quarantine',
        `select code, field, reason, count(*)::int as records from quarantine where run = $1
         group by code, field, reason order by records desc, code limit 50`,
        [run],
      ),
  };
}
