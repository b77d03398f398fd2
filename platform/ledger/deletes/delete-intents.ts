import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { contentHash } from '../../../model/record/transform.ts';
import { decide } from '../deliveries/intents.ts';
import { packOrdinals, unpackOrdinals } from '../deliveries/ordinals.ts';
import { ROW_BY_KEY } from '../deliveries/rows.ts';
import { ask, query, type Writer, writeUnderFence } from '../sql/sql.ts';
import { DELETIONS, type Deletion } from './deletions.ts';

/** A request to delete, as it stands in the ledger. */
export interface DeleteIntent {
  readonly id: string;
  /** The idempotency key: a replay carries the same. */
  readonly requestId: string;
}

/**
 * What is durable of a request to delete before it leaves, and its outcome. A row of the ledger is `c`: at the destination;
 * `x`: a delete whose outcome is not known; `d`: deleted, `s`: marked as deleted, by the intent.
 */
export function ledgerDeleteIntents(pool: Pool) {
  return {
    /** Requests of earlier attempts whose outcome is not known, each with its records. */
    async inDoubt(run: string): Promise<readonly (DeleteIntent & { readonly records: readonly Deletion[] })[]> {
      const intents = await ask<{ id: string; requestId: string; ordinals: Buffer }>(
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
    async openIntent(start: Writer, run: string, records: readonly Deletion[]): Promise<DeleteIntent> {
      const requestId = randomUUID();
      const keys = records.map(({ key }) => key);
      const row = await writeUnderFence<{ id: string }>(
        pool,
        'writing an intent to delete',
        start,
        `opened as (
           insert into intents (request_id, run, seq, state, ordinals, items, fingerprint)
           select $3, $4, $5, 'open', $6, $7, $8 from writer returning id),
         marked as (update ledger set state = 'x' from writer where sync_id = $1 and key = any($9::text[]))`,
        [
          requestId,
          run,
          DELETIONS,
          packOrdinals(records.map(({ n }) => n)),
          records.length,
          contentHash(keys.join('\n')),
          keys,
        ],
        { answer: ', (select id from opened) as id', by: query },
      );
      return { id: row?.id ?? '', requestId };
    },

    markUnknown: (start: Writer, intent: DeleteIntent): Promise<void> => decide(pool, start, intent, 'unknown'),

    /**
     * Writes the outcome of a request; `kept` are still there. None gone: the request is void. `marked`: the content hash
     * of what was written over those that were marked instead of deleted, by their position.
     */
    async settle(
      start: Writer,
      intent: DeleteIntent,
      gone: readonly Deletion[],
      kept: readonly Deletion[],
      marked: ReadonlyMap<number, string> = new Map(),
    ): Promise<void> {
      const deleted = gone.filter(({ n }) => !marked.has(n));
      const overwritten = gone.filter(({ n }) => marked.has(n));
      await writeUnderFence(
        pool,
        'writing the outcome of a delete',
        start,
        `settled as (
           update intents set state = $4, confirmed = $5, rejected = $6, decided_at = now() from writer where id = $3),
         deleted as (
           update ledger set state = 'd', intent = $3 from writer where sync_id = $1 and key = any($7::text[])),
         marked as (
           update ledger l set state = 's', intent = $3, hash = u.hash
           from writer, (
             select found.at, k.hash from unnest($8::text[], $9::uuid[]) as k(key, hash) cross join lateral (${ROW_BY_KEY}) found
           ) u where l.ctid = u.at),
         kept as (update ledger set state = 'c' from writer where sync_id = $1 and key = any($10::text[]))`,
        [
          intent.id,
          gone.length > 0 ? 'settled' : 'void',
          gone.length,
          kept.length,
          deleted.map(({ key }) => key),
          overwritten.map(({ key }) => key),
          overwritten.map(({ n }) => marked.get(n)),
          kept.map(({ key }) => key),
        ],
        { by: query },
      );
    },
  };
}

/** Deletes in doubt of earlier runs of the sync $1. */
export const leftInDoubt = (run: string, deletions: string): string =>
  `from runs r join intents i on i.run = r.id and i.seq = ${deletions} and i.state in ('open', 'unknown')
   where r.sync_id = $1 and r.id <> ${run}`;

/**
 * A delete that an earlier run left in doubt is over when its records have been deleted again, or written over: nothing of
 * the sync waits for the outcome of a delete any more.
 */
export async function voidLeft(pool: Pool, start: Writer, run: string): Promise<void> {
  await writeUnderFence(
    pool,
    'deciding deletes in doubt',
    start,
    `voided as (
       update intents set state = 'void', decided_at = now() from writer
       where id in (select i.id ${leftInDoubt('$3', '$4')})
         and not exists (select from ledger where sync_id = $1 and state = 'x'))`,
    [run, DELETIONS],
    { by: query },
  );
}
