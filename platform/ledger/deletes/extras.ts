import type { Pool, PoolClient } from 'pg';
import { query } from '../sql/sql.ts';

/** A record of the destination that the ledger does not know. */
export interface Extra {
  /** The key of the sync under which it was written; its id where nothing tells. */
  readonly key: string;
  /** The destination's own id. */
  readonly id: string;
}

/** Of no content that was delivered: no record has it. */
export const NO_HASH = '00000000-0000-0000-0000-000000000000';

// Invariant 6, safe deletes: what a run delivered meanwhile, or has read, stays, whatever was chosen before it.
export const removableExtras = (others: string): string => `from chosen_extras e where e.run = $2
  and not exists (select from ledger l where l.sync_id = $1 and l.state in ('c', 'x', 's') and l.key = e.key)
  and not exists (select from ledger l where l.sync_id = $1 and l.state in ('c', 'x', 's') and coalesce(l.destination_id, l.key) = e.id)
  and not exists (select from ledger l where l.sync_id = any (${others}::int[]) and l.state in ('c', 'x', 's') and coalesce(l.destination_id, l.key) = e.id)
  and not exists (select from (select unnest(hashes) as hash from seen where run = $2) s where s.hash = hashtextextended(e.key, 0))`;

export function ledgerExtras(pool: Pool) {
  return {
    /** Notes which extra records a run that has not begun may remove. A person has seen them. */
    async chooseExtras(run: string, extras: readonly Extra[]): Promise<void> {
      await query(
        pool,
        'choosing extra records',
        'insert into chosen_extras (run, key, id) select $1, u.key, u.id from unnest($2::text[], $3::text[]) as u(key, id) on conflict do nothing',
        [run, extras.map(({ key }) => key), extras.map(({ id }) => id)],
      );
    },
  };
}

/** Puts what was chosen at the end of the list of what a run deletes. The ledger knows it from then on. */
export async function decideExtras(
  sql: PoolClient,
  syncId: number,
  run: string,
  others: readonly number[],
): Promise<void> {
  await sql.query(
    `with extra as (select e.key, nullif(e.id, e.key) as id ${removableExtras('$4')}),
     noted as (
       insert into ledger (intent, sync_id, state, hash, key, destination_id) select 0, $1, 'x', $3, key, id from extra
       on conflict (sync_id, key) do update set state = 'x', destination_id = excluded.destination_id)
     insert into deletions (run, n, key, destination_id)
     select $2, (select count(*) from deletions where run = $2) + row_number() over (order by key) - 1, key, id from extra`,
    [syncId, run, NO_HASH, others],
  );
}
