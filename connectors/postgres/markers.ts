import { z } from 'zod';
import { type Fence, type ItemOutcome, isFailureCode, type SqlSession, SyncFailure } from '../../index.ts';
import { fenceTable, markerTable } from './catalog.ts';
import type { PostgresDestinationOptions } from './options.ts';

/**
 * Invariant 7, one writer: refuses a writer whose number is lower than the stored one, and stores a higher one.
 * `share` lets requests of one writer run side by side, and holds off a successor until they are committed.
 */
export async function takeFence(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  fence: Fence,
  mode: 'share' | 'exclusive',
): Promise<void> {
  const table = fenceTable(options.markerSchema);
  if (mode === 'share') {
    const rows = await sql.query<{ number: string }>(
      `SELECT number FROM ${table} WHERE sync = $1 AND number >= $2 FOR SHARE`,
      [fence.sync, fence.number],
    );
    if (rows[0] !== undefined) return refuseLower(rows[0].number, fence);
  }
  const [row] = await sql.query<{ number: string }>(
    `INSERT INTO ${table} AS f (sync, number) VALUES ($1, $2)
     ON CONFLICT (sync) DO UPDATE SET number = greatest(f.number, excluded.number) RETURNING number`,
    [fence.sync, fence.number],
  );
  refuseLower(row?.number ?? '', fence);
  await purgeMarkers(sql, options, fence.sync);
}

function refuseLower(stored: string, fence: Fence): void {
  if (Number(stored) > fence.number)
    throw new SyncFailure('FENCED', `writer ${fence.number} of ${fence.sync} was replaced by writer ${stored}`, {
      effect: 'none',
    });
}

/** A new writer, so about once a run, is when old markers go; a part at a time, so that no run pays for all. */
async function purgeMarkers(sql: SqlSession, options: PostgresDestinationOptions, sync: string): Promise<void> {
  const table = markerTable(options.markerSchema);
  await sql.query(
    `DELETE FROM ${table} WHERE request_id IN (
       SELECT request_id FROM ${table} WHERE sync = $1 AND applied_at < now() - make_interval(days => $2::int)
       ORDER BY applied_at LIMIT 10000)`,
    [sync, options.markerDays],
  );
}

const storedRejection = z.object({
  index: z.int().min(0),
  code: z.string().refine(isFailureCode),
  reason: z.string(),
  field: z.string().optional(),
});

export type Rejected = Extract<ItemOutcome, { state: 'rejected' }>;
export type RejectedItems = ReadonlyMap<number, Rejected>;

/**
 * Claims a request id. Undefined when it is new; what was rejected then, when this request has been applied before.
 * Waits while another transaction holds the same id.
 */
export async function claimRequest(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  id: string,
  fence: Fence,
): Promise<RejectedItems | undefined> {
  const table = markerTable(options.markerSchema);
  const claimed = await sql.query(
    `INSERT INTO ${table} (request_id, sync, fence) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING sync`,
    [id, fence.sync, fence.number],
  );
  if (claimed.length > 0) return undefined;
  const [row] = await sql.query<{ rejected: string | null }>(`SELECT rejected FROM ${table} WHERE request_id = $1`, [
    id,
  ]);
  return row === undefined || row.rejected === null ? new Map() : rejectedOf(row.rejected);
}

function rejectedOf(text: string): RejectedItems {
  const list = z.array(storedRejection).parse(JSON.parse(text));
  return new Map(
    list.map(({ index, code, reason, field }) => [
      index,
      { state: 'rejected', code, reason, ...(field === undefined ? {} : { field }) },
    ]),
  );
}

/** Keeps what was rejected with the marker, so that a repeated request answers as the first did. */
export async function noteRejected(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  id: string,
  rejected: RejectedItems,
): Promise<void> {
  if (rejected.size === 0) return;
  const list = [...rejected].map(([index, { code, reason, field }]) => ({ index, code, reason, field }));
  await sql.query(`UPDATE ${markerTable(options.markerSchema)} SET rejected = $2 WHERE request_id = $1`, [
    id,
    JSON.stringify(list),
  ]);
}

export async function committedRequests(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await sql.query<{ request_id: string }>(
    `SELECT request_id FROM ${markerTable(options.markerSchema)} WHERE request_id = ANY ($1::text[])`,
    [ids],
  );
  return new Set(rows.map(({ request_id }) => request_id));
}
