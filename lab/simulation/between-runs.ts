import type { Pool } from 'pg';
import { ask } from '../../platform/ledger/sql/sql.ts';

/** What the ledger says of a sync between two runs. */
export interface BetweenRuns {
  /** The cursor; null before the first run that has ended well. */
  readonly watermark: number | null;
  /** Requests whose outcome it does not know. */
  readonly doubts: { readonly writes: number; readonly deletes: number };
}

export async function betweenRuns(pool: Pool, sync: string): Promise<BetweenRuns> {
  const [row] = await ask<{ watermark: number | null; writes: number; deletes: number }>(
    pool,
    'looking at the books',
    // A delete in doubt whose record came back, and was refused, is neither deleted nor written over: it stays in doubt.
    `select (s.watermark->>'value')::int as watermark, count(*) filter (where i.seq > 0)::int as writes,
       count(*) filter (where i.seq = 0 and not coalesce((
         select bool_and(exists (select from quarantine q where q.sync_id = l.sync_id and q.key = l.key and q.state = 'open'))
         from ledger l where l.sync_id = s.id and l.state = 'x'), false))::int as deletes
     from syncs s left join runs r on r.sync_id = s.id left join intents i on i.run = r.id and i.state in ('open', 'unknown')
     where s.name = $1 group by s.id`,
    [sync],
  );
  const { watermark = null, writes = 0, deletes = 0 } = row ?? {};
  return { watermark, doubts: { writes, deletes } };
}
