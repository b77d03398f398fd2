import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { contentHash } from '../../model/transform.ts';
import { DELETIONS, type Deletion } from './deletions.ts';
import { packOrdinals, unpackOrdinals } from './ordinals.ts';
import { holdFence, query, transaction, type Writer } from './sql.ts';

/** A request to delete, as it stands in the ledger. */
export interface DeleteIntent {
  readonly id: string;
  /** The idempotency key: a replay carries the same. */
  readonly requestId: string;
}

/** What is durable of a request to delete before it leaves, and its outcome. */
export function ledgerDeleteIntents(pool: Pool) {
  return {
    /** Requests of earlier attempts whose outcome is not known, each with its records. */
    async inDoubt(run: string): Promise<readonly (DeleteIntent & { readonly records: readonly Deletion[] })[]> {
      const intents = await query<{ id: string; requestId: string; ordinals: Buffer }>(
        pool,
        'looking for deletes in doubt',
        `select id, request_id as "requestId", ordinals from intents
         where run = $1 and seq = $2 and state in ('open', 'unknown') order by id`,
        [run, DELETIONS],
      );
      return Promise.all(
        intents.map(async ({ id, requestId, ordinals }) => ({
          id,
          requestId,
          records: await query<{ n: number; key: string; destinationId: string | null }>(
            pool,
            'reading a delete in doubt',
            `select n, key, destination_id as "destinationId" from deletions where run = $1 and n = any($2::int[]) order by n`,
            [run, unpackOrdinals(ordinals)],
          ),
        })),
      );
    },

    /** Invariant 3, intent first: durable before the request leaves. Until its outcome is known the rows say so. */
    openIntent: (start: Writer, run: string, records: readonly Deletion[]): Promise<DeleteIntent> =>
      transaction(pool, 'writing an intent to delete', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        const requestId = randomUUID();
        const keys = records.map(({ key }) => key);
        const { rows } = await sql.query<{ id: string }>(
          `insert into intents (request_id, run, seq, state, ordinals, items, fingerprint)
           values ($1, $2, $3, 'open', $4, $5, $6) returning id`,
          [
            requestId,
            run,
            DELETIONS,
            packOrdinals(records.map(({ n }) => n)),
            records.length,
            contentHash(keys.join('\n')),
          ],
        );
        const id = rows[0]?.id ?? '';
        await mark(sql, start, 'x', keys, null);
        return { id, requestId };
      }),

    markUnknown: (start: Writer, intent: DeleteIntent): Promise<void> =>
      transaction(pool, 'deciding an intent', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        await sql.query(`update intents set state = 'unknown', decided_at = now() where id = $1`, [intent.id]);
      }),

    /**
     * Writes the outcome of a request; `kept` are still there. None gone: the request is void. `marked`: the content hash
     * of what was written over those that were marked instead of deleted, by their position.
     */
    settle: (
      start: Writer,
      intent: DeleteIntent,
      gone: readonly Deletion[],
      kept: readonly Deletion[],
      marked: ReadonlyMap<number, string> = new Map(),
    ): Promise<void> =>
      transaction(pool, 'writing the outcome of a delete', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        await mark(
          sql,
          start,
          'd',
          gone.flatMap(({ n, key }) => (marked.has(n) ? [] : [key])),
          intent.id,
        );
        await noteMarks(sql, start, gone, marked, intent.id);
        await mark(
          sql,
          start,
          'c',
          kept.map(({ key }) => key),
          null,
        );
        await sql.query(
          `update intents set state = $2, confirmed = $3, rejected = $4, decided_at = now() where id = $1`,
          [intent.id, gone.length > 0 ? 'settled' : 'void', gone.length, kept.length],
        );
      }),
  };
}

async function noteMarks(
  sql: PoolClient,
  start: Writer,
  gone: readonly Deletion[],
  hashes: ReadonlyMap<number, string>,
  intent: string,
): Promise<void> {
  const marked = gone.filter(({ n }) => hashes.has(n));
  if (marked.length === 0) return;
  await sql.query(
    `update ledger l set state = 's', intent = $2, hash = u.hash from unnest($3::text[], $4::uuid[]) as u(key, hash)
     where l.sync_id = $1 and l.key = u.key`,
    [start.syncId, intent, marked.map(({ key }) => key), marked.map(({ n }) => hashes.get(n))],
  );
}

/** `c`: at the destination; `x`: a delete whose outcome is not known; `d`: deleted, `s`: marked as deleted, by the intent. */
const mark = (sql: PoolClient, start: Writer, state: 'c' | 'x' | 'd', keys: readonly string[], intent: string | null) =>
  sql.query(
    `update ledger set state = $3::"char", intent = coalesce($4, intent) where sync_id = $1 and key = any($2::text[])`,
    [start.syncId, keys, state, intent],
  );

/**
 * A delete that an earlier run left in doubt is over when its records have been deleted again, or written over: nothing of
 * the sync waits for the outcome of a delete any more.
 */
export async function voidLeft(sql: PoolClient, start: Writer, run: string): Promise<void> {
  await sql.query(
    `update intents i set state = 'void', decided_at = now() from runs r
     where r.sync_id = $1 and r.id <> $2 and i.run = r.id and i.seq = $3 and i.state in ('open', 'unknown')
       and not exists (select from ledger where sync_id = $1 and state = 'x')`,
    [start.syncId, run, DELETIONS],
  );
}
