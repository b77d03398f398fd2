import type { Pool } from 'pg';
import { query } from '../sql/sql.ts';

/** A start under a key of the caller's own. */
export interface Trigger {
  readonly run: string;
  /** What was asked for when the key came first. */
  readonly request: string;
  /** The key had been used before. */
  readonly repeated: boolean;
}

/** A key is remembered for this long; after that it may start another run. */
const KEPT_FOR = '90 days';

export function ledgerTriggers(pool: Pool) {
  return {
    /** The run of a key: `run` when it comes first, and that same one whenever it comes again. */
    async claim(sync: string, key: string, run: string, request: string): Promise<Trigger> {
      await query(pool, 'forgetting old triggers', 'delete from triggers where at < now() - $1::interval', [KEPT_FOR]);
      const rows = await query<{ run: string; request: string }>(
        pool,
        'noting a trigger',
        `insert into triggers (sync, key, run, request) values ($1, $2, $3, $4)
         on conflict (sync, key) do update set key = excluded.key returning run, request`,
        [sync, key, run, request],
      );
      const [kept = { run, request }] = rows;
      return { ...kept, repeated: kept.run !== run };
    },
  };
}
