import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { ReadyRecord } from '../../../model/record/prepared.ts';
import { fingerprint } from '../../../model/record/transform.ts';
import { ask, type Writer, writeUnderFence } from '../sql/sql.ts';
import { packOrdinals, unpackOrdinals } from './ordinals.ts';

/** An intent that an earlier attempt left without an outcome, or one whose outcome is known. */
export interface Intent {
  readonly id: string;
  readonly requestId: string;
  readonly state: 'open' | 'unknown' | 'settled' | 'void';
  readonly ordinals: readonly number[];
  /** Of the content: a replay must carry the same. */
  readonly fingerprint: string;
  /** By the clock of this machine, whatever that of the database says. */
  readonly openedAtMs: number;
  /** Nothing of the request is under way any more from then on; null: whoever opened it may not have sent it yet. */
  readonly endedAtMs: number | null;
}

/** What is durable of a request before it leaves, and until its outcome is known. */
export function ledgerIntents(pool: Pool) {
  return {
    /** Invariant 3, intent first: durable before the request leaves. One statement, under the fence (invariant 7). */
    async openIntent(start: Writer, run: string, seq: number, records: readonly ReadyRecord[]): Promise<Intent> {
      const ordinals = records.map((record) => record.ordinal);
      const requestId = randomUUID();
      const print = fingerprint(records);
      const openedAtMs = Date.now();
      const row = await writeUnderFence<{ id: string }>(
        pool,
        'writing an intent',
        start,
        `opened as (
           insert into intents (request_id, run, seq, state, ordinals, items, fingerprint)
           select $3, $4, $5, 'open', $6, $7, $8 from writer returning id)`,
        [requestId, run, seq, packOrdinals(ordinals), records.length, print],
        { answer: ', (select id from opened) as id' },
      );
      return { id: row?.id ?? '', requestId, state: 'open', ordinals, fingerprint: print, openedAtMs, endedAtMs: null };
    },

    /**
     * In the place of a request that was answered and is in doubt: one intent for each group of its records, in doubt like
     * it, so that each can be settled by itself. All at once: no record is without an intent.
     */
    async divideIntent(
      start: Writer,
      run: string,
      seq: number,
      intent: Intent,
      groups: readonly (readonly ReadyRecord[])[],
    ): Promise<readonly Intent[]> {
      const parts = groups.map((records) => ({
        requestId: randomUUID(),
        ordinals: records.map(({ ordinal }) => ordinal),
        fingerprint: fingerprint(records),
      }));
      const row = await writeUnderFence<{ ids: readonly string[] }>(
        pool,
        'dividing an intent',
        start,
        `divided as (update intents set state = 'void', decided_at = now() from writer where id = $3 returning intents.opened_at),
         opened as (
           insert into intents (request_id, run, seq, state, ordinals, items, fingerprint, opened_at, decided_at)
           select p.request_id, $4, $5, 'unknown', p.ordinals, p.items, p.print, divided.opened_at, now()
           from divided, unnest($6::uuid[], $7::bytea[], $8::int[], $9::uuid[]) with ordinality
             as p(request_id, ordinals, items, print, place) order by p.place
           returning id)`,
        [
          intent.id,
          run,
          seq,
          parts.map(({ requestId }) => requestId),
          parts.map(({ ordinals }) => packOrdinals(ordinals)),
          parts.map(({ ordinals }) => ordinals.length),
          parts.map((part) => part.fingerprint),
        ],
        { answer: ', (select array_agg(id::text order by id) from opened) as ids' },
      );
      return parts.map((part, index) => ({
        ...part,
        id: row?.ids[index] ?? '',
        state: 'unknown',
        openedAtMs: intent.openedAtMs,
        endedAtMs: Date.now(),
      }));
    },

    /** The request surely changed nothing: its records are free to be sent in another one. */
    voidIntent: (start: Writer, intent: Intent): Promise<void> => decide(pool, start, intent, 'void'),

    /**
     * The request may have changed something: only its own replay, or a look-up, may follow. `restMs`: the destination may
     * still be working on it for so long.
     */
    markUnknown: (start: Writer, intent: Intent, restMs: number): Promise<void> =>
      decide(pool, start, intent, 'unknown', restMs),
  };
}

export async function intentsOf(pool: Pool, run: string, seq: number): Promise<Intent[]> {
  const rows = await ask<{
    id: string;
    request_id: string;
    state: Intent['state'];
    ordinals: Buffer | null;
    fingerprint: string;
    age: string;
    ended_since: string | null;
  }>(
    pool,
    'reading intents',
    `select id, request_id, state, ordinals, fingerprint, extract(epoch from now() - opened_at) * 1000 as age,
       extract(epoch from now() - decided_at) * 1000 as ended_since
     from intents where run = $1 and seq = $2 order by id`,
    [run, seq],
  );
  const nowMs = Date.now();
  return rows.map((row) => ({
    id: row.id,
    requestId: row.request_id,
    state: row.state,
    ordinals: unpackOrdinals(row.ordinals),
    fingerprint: row.fingerprint.replaceAll('-', ''),
    openedAtMs: nowMs - Number(row.age),
    endedAtMs: row.ended_since === null ? null : nowMs - Number(row.ended_since),
  }));
}

/** Notes what became of a request without an outcome. `restMs`: for so long it may still be under way. */
export async function decide(
  pool: Pool,
  start: Writer,
  intent: Pick<Intent, 'id'>,
  state: 'void' | 'unknown',
  restMs = 0,
): Promise<void> {
  await writeUnderFence(
    pool,
    'deciding an intent',
    start,
    `decided as (
       update intents set state = $4, decided_at = now() + $5 * interval '1 millisecond' from writer where id = $3)`,
    [intent.id, state, restMs],
  );
}
