import type { Pool, PoolClient } from 'pg';
import type { Reject } from '../../../model/record/prepared.ts';
import { plainArray, textArray } from '../sql/arrays.ts';
import { query } from '../sql/sql.ts';
import { chooseForReplay, dropEntries, listEntries, type QuarantineGroup, reasonsOf } from './entries.ts';

/**
 * Puts records aside. A record of a batch lies there once, however often the step is repeated. What lay open of the
 * same key from an earlier batch is superseded: a person has one entry for each record, with its latest reason. One that
 * its own run took out again (hand-overs.ts) comes back with the reason that it has then.
 */
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
    `with rejects as (
       select * from unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[])
         as u(ordinal, stage, key, code, field, rule, reason, record, version)
     ), older as (
       update quarantine q set state = 'superseded', resolved_at = now(), resolved_by = $2
       from rejects r
       where q.sync_id = $1 and q.state = 'open' and q.key = r.key and (q.run <> $2 or q.seq < $3)
         and (q.version > r.version) is not true
     )
     insert into quarantine (sync_id, run, seq, ordinal, stage, key, code, field, rule, reason, record, version)
     select $1, $2, $3, r.* from rejects r
     on conflict (run, seq, ordinal) do update set state = 'open', resolved_at = null, resolved_by = null, stage = excluded.stage,
       code = excluded.code, field = excluded.field, rule = excluded.rule, reason = excluded.reason
     where quarantine.code = 'DESTINATION_KEY_TAKEN' and quarantine.state = 'replayed' and quarantine.resolved_by = $2`,
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
      rejects.map((reject) => reject.version ?? null),
    ],
  );
}

/** A record that its batch has dealt with: delivered, or found to be there already. */
export interface Arrived {
  readonly ordinal: number;
  readonly key: string;
  readonly version: number | null;
}

/**
 * Resolves what a batch has made good, in one statement each. An older entry of a key that has arrived is superseded; in
 * a replay each entry that was read is replayed, or superseded by the entry with its new reason.
 */
export async function resolveEntries(
  sql: PoolClient,
  syncId: number,
  run: string,
  seq: number,
  arrived: readonly Arrived[],
): Promise<void> {
  await sql.query(
    `update quarantine q set resolved_at = now(), resolved_by = $1,
       state = case when again.ordinal is null then 'replayed' else 'superseded' end
     from replays p
     cross join (select coalesce(sum(records), 0)::int as records from batches where run = $1 and seq < $2) before
     join batches b on b.run = $1 and b.seq = $2
     left join quarantine again on again.run = $1 and again.seq = $2 and again.ordinal = p.n - before.records
     where p.run = $1 and p.n >= before.records and p.n < before.records + b.records
       and q.id = p.entry and q.state = 'open'`,
    [run, seq],
  );
  const candidates = await ofOpenEntries(sql, syncId, arrived);
  if (candidates.length === 0) return;
  await sql.query(
    `update quarantine q set state = 'superseded', resolved_at = now(), resolved_by = $2
     from unnest($4::int[], $5::text[], $6::bigint[]) as k(ordinal, key, version)
     where q.sync_id = $1 and q.state = 'open' and q.key = k.key
       and (q.run <> $2 or (q.seq, q.ordinal) < ($3, k.ordinal)) and (q.version > k.version) is not true
       and not exists (select from quarantine own where own.run = $2 and own.seq = $3 and own.ordinal = k.ordinal)`,
    [
      syncId,
      run,
      seq,
      plainArray(candidates.map(({ ordinal }) => ordinal)),
      textArray(candidates.map(({ key }) => key)),
      plainArray(candidates.map(({ version }) => version)),
    ],
  );
}

/** Open entries that are read to see what concerns them; beyond this, PostgreSQL is given all that arrived. */
const READ_AT_MOST = 5_000;

/** Those of what arrived of whose keys something lies open: of many thousand records usually none. */
async function ofOpenEntries(
  sql: PoolClient,
  syncId: number,
  arrived: readonly Arrived[],
): Promise<readonly Arrived[]> {
  const { rows } = await sql.query<{ key: string }>(
    `select key from quarantine where sync_id = $1 and state = 'open' and key is not null limit ${READ_AT_MOST + 1}`,
    [syncId],
  );
  if (rows.length > READ_AT_MOST) return arrived;
  const open = new Set(rows.map(({ key }) => key));
  return arrived.filter(({ key }) => open.has(key));
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

    list: listEntries(pool),
    reasons: reasonsOf(pool),
    drop: dropEntries(pool),
    ...chooseForReplay(pool),
  };
}
