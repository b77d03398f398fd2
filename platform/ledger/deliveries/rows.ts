import type { PoolClient } from 'pg';
import { copyText } from '../../../model/record/copy-text.ts';
import type { ReadyRecord } from '../../../model/record/prepared.ts';
import { plainArray, textArray } from '../sql/arrays.ts';
import type { Copy } from '../sql/copy-in.ts';
import type { Confirmed } from './confirmed.ts';

/**
 * Notes what was confirmed: rows of the ledger, new or changed. A part of a write under the fence (sql.ts); `columnsOf`
 * gives its parameters from $4 on. `from`: what gives one row, or none when a newer writer has taken over.
 */
export const upsertRows = (intent: string, from: string): string =>
  `insert into ledger (version, intent, sync_id, state, hash, key, destination_id)
   select u.version, ${intent}, $1, 'c', u.hash, u.key, u.id
   from ${from}, unnest($4::bigint[], $5::uuid[], $6::text[], $7::text[]) as u(version, hash, key, id)
   on conflict (sync_id, key) do update set version = excluded.version, intent = excluded.intent, state = excluded.state,
     hash = excluded.hash, destination_id = excluded.destination_id,
     hash_before = case when ledger.hash = excluded.hash then ledger.hash_before else ledger.hash end`;

export const columnsOf = (rows: readonly Confirmed[]): readonly string[] => [
  plainArray(rows.map(({ record }) => record.version)),
  plainArray(rows.map(({ record }) => record.hash)),
  textArray(rows.map(({ record }) => record.key)),
  // A list that is too short is filled up with nulls.
  rows.some(({ destinationId }) => destinationId !== null)
    ? textArray(rows.map(({ destinationId }) => destinationId))
    : '{}',
];

/** Below this, COPY costs more than an upsert. */
export const COPIED_FROM = 200;

/**
 * The same where the ledger has no row of any of them, at less than half of what an upsert costs PostgreSQL. A row that
 * is there all the same ends the transaction; the next attempt compares anew.
 */
export function copyOfRows(syncId: number, intent: string, rows: readonly Confirmed[]): Copy {
  let text = '';
  for (const { record, destinationId } of rows) {
    const id = destinationId === null ? '\\N' : copyText(destinationId);
    text += `${record.version ?? '\\N'}\t${intent}\t${syncId}\tc\t${record.hash}\t${copyText(record.key)}\t${id}\n`;
  }
  return { text: 'copy ledger (version, intent, sync_id, state, hash, key, destination_id) from stdin', rows: [text] };
}

/**
 * The row of the sync $1 whose key is `k.key`, and where it stands. By the index for each key: without the limit the
 * planner reads the whole ledger for every batch of some thousand keys.
 */
export const ROW_BY_KEY = 'select l.ctid as at, l.* from ledger l where l.sync_id = $1 and l.key = k.key limit 1';

/** Newest wins (invariant 5) also over content that did not change: an older version that comes later is superseded. */
export async function renewVersions(sql: PoolClient, syncId: number, ready: readonly ReadyRecord[]): Promise<void> {
  await sql.query(
    `with renewed as (
       select found.at, k.version
       from unnest($2::text[], $3::uuid[], $4::bigint[]) as k(key, hash, version)
       cross join lateral (${ROW_BY_KEY}) found
       where found.hash = k.hash and found.state = 'c'
         and k.version > coalesce(found.version, k.version - 1))
     update ledger l set version = renewed.version from renewed where l.ctid = renewed.at`,
    [
      syncId,
      textArray(ready.map(({ key }) => key)),
      plainArray(ready.map(({ hash }) => hash)),
      plainArray(ready.map(({ version }) => version)),
    ],
  );
}
