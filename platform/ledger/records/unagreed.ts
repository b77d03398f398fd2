import type { Pool } from 'pg';
import type { Alteration } from '../../../model/record/alteration.ts';
import type { ReadyRecord } from '../../../model/record/prepared.ts';
import { NO_HASH } from '../deletes/extras.ts';
import { plainArray, textArray } from '../sql/arrays.ts';
import { query, queryInOrder } from '../sql/sql.ts';
import { type Finding, unagreedWork } from './unagreed-work.ts';

/** A record that is not at the destination as it was sent. */
export interface Unagreed {
  readonly key: string;
  readonly hash: string;
  readonly version: number | null;
  readonly finding: Finding;
  /** What was sent, as JSON. */
  readonly json: string;
}

/** The same with what the ledger says of it by now. */
export interface OpenUnagreed extends Omit<Unagreed, 'finding' | 'version'> {
  readonly destinationId: string | null;
  /** Of what was delivered last; null: of none that is known, as it is to be sent again. */
  readonly ledgerHash: string | null;
  /** By the ledger's word it is to be at the destination. */
  readonly delivered: boolean;
}

/** What the ledger has of a record beside its content. */
export interface DeliveredRow {
  readonly destinationId: string | null;
  readonly version: number | null;
}

export interface Altered extends Alteration {
  readonly records: number;
}

/** The same content is sent again so often; after that the destination is taken not to keep it. */
export const MOST_SENDS_AGAIN = 2;

/** Of a sync $1: a run that begins reads from the lowest version on that is to be sent again, or everything. */
export const SENT_AGAIN = `select json_build_object('lowest', min(version), 'unversioned', bool_or(version is null))
  from unagreed where sync_id = syncs.id and given_up_at is null and times <= ${MOST_SENDS_AGAIN} having count(*) > 0`;

/** Of a sync: something is not agreed. */
export const isUnagreed = (syncId: string): string =>
  `exists (select from unagreed where sync_id = ${syncId} and given_up_at is null)`;

/** Of a sync: something is not agreed, or was never read back, as its run ended before. */
export const isToLookAt = (syncId: string): string =>
  `(${isUnagreed(syncId)} or exists (select from altered where sync_id = ${syncId})
    or exists (select from written w join runs r on r.id = w.run where r.sync_id = ${syncId}))`;

const HELD = 'held as (select id from syncs where id = $1 and holder = $2 for share)';

/** Records that both sides do not agree on, from one run to the next. */
export function ledgerUnagreed(pool: Pool) {
  return {
    /** How many records are not agreed, and which fields the destination changes. */
    async standing(syncId: number): Promise<{ readonly open: number; readonly altered: readonly Altered[] }> {
      const [row] = await query<{ open: number; altered: Altered[] | null }>(
        pool,
        'reading what is not agreed',
        `select (select count(*)::int from unagreed where sync_id = $1 and given_up_at is null) as open,
           (select json_agg(json_build_object('field', field, 'change', change, 'records', records) order by field)
            from altered where sync_id = $1) as altered`,
        [syncId],
      );
      return { open: row?.open ?? 0, altered: row?.altered ?? [] };
    },

    /** Which of these keys are not agreed. */
    async among(syncId: number, keys: readonly string[]): Promise<ReadonlySet<string>> {
      const rows = await query<{ key: string }>(
        pool,
        'reading what is not agreed',
        'select key from unagreed where sync_id = $1 and given_up_at is null and key = any ($2::text[])',
        [syncId, textArray(keys)],
      );
      return new Set(rows.map(({ key }) => key));
    },

    /**
     * Of records that a batch had ready: which are at the destination by its delivery, as they were, with the destination's
     * own id. What was overtaken or deleted since is left out, and what an earlier attempt has marked is not.
     */
    async deliveredBy(
      run: string,
      seq: number,
      records: readonly Pick<ReadyRecord, 'key' | 'hash'>[],
    ): Promise<ReadonlyMap<string, DeliveredRow>> {
      const rows = await query<DeliveredRow & { key: string }>(
        pool,
        'reading what a batch delivered',
        `select k.key, l.destination_id as "destinationId", l.version::float8 as version
         from runs r, unnest($3::text[], $4::uuid[]) as k(key, hash)
         cross join lateral (select * from ledger l where l.sync_id = r.sync_id and l.key = k.key limit 1) l
         where r.id = $1 and l.state = 'c' and l.hash in (k.hash, $5)
           and l.intent in (select id from intents where run = $1 and seq = $2)`,
        [run, seq, textArray(records.map(({ key }) => key)), plainArray(records.map(({ hash }) => hash)), NO_HASH],
      );
      return new Map(rows.map(({ key, ...row }) => [key, row]));
    },

    /**
     * Notes what a run found, and marks it in the ledger: whatever it is at the source, it counts as changed for the next run
     * that reads it. What was sent often enough is only noted. What a person has given up is left, while its content is
     * the same. Safe to repeat.
     */
    async note(syncId: number, run: string, found: readonly Unagreed[]): Promise<void> {
      await query(
        pool,
        'noting what is not agreed',
        `with ${HELD}, noted as (
           insert into unagreed as u (sync_id, run, key, hash, version, finding, written)
           select $1, $2, f.* from held, unnest($3::text[], $4::uuid[], $5::bigint[], $6::text[], $7::text[]) f
           on conflict (sync_id, key) do update set hash = excluded.hash, version = excluded.version, run = excluded.run,
             finding = excluded.finding, written = excluded.written, given_up_at = null, reason = null,
             times = case when u.run = excluded.run then u.times when u.hash = excluded.hash then u.times + 1 else 1 end
           where u.given_up_at is null or u.hash <> excluded.hash
           returning key, hash, times)
         update ledger l set hash = $8 from noted n
         where l.sync_id = $1 and l.key = n.key and l.hash = n.hash and n.times <= $9`,
        [
          syncId,
          run,
          textArray(found.map(({ key }) => key)),
          plainArray(found.map(({ hash }) => hash)),
          plainArray(found.map(({ version }) => version)),
          textArray(found.map(({ finding }) => finding)),
          textArray(found.map(({ json }) => json)),
          NO_HASH,
          MOST_SENDS_AGAIN,
        ],
      );
    },

    /** Notes fields that the destination changes as its habit. Safe to repeat. */
    async noteAltered(syncId: number, run: string, found: readonly Altered[]): Promise<void> {
      await query(
        pool,
        'noting what the destination changes',
        `insert into altered (sync_id, run, field, change, records)
         select $1, $2, * from unnest($3::text[], $4::text[], $5::bigint[])
         on conflict (sync_id, field) do update set change = excluded.change, records = excluded.records, run = excluded.run`,
        [
          syncId,
          run,
          found.map(({ field }) => field),
          found.map(({ change }) => change),
          found.map(({ records }) => records),
        ],
      );
    },

    /** Forgets fields that the destination does not change any more, or may change. */
    async forgetAltered(syncId: number, fields: readonly string[]): Promise<void> {
      await query(
        pool,
        'forgetting what the destination changes',
        'delete from altered where sync_id = $1 and field = any ($2::text[])',
        [syncId, fields],
      );
    },

    /** What earlier runs than this one found, in order of the keys, after this one. */
    open: (syncId: number, run: string, after: string | null, limit: number): Promise<OpenUnagreed[]> =>
      queryInOrder<OpenUnagreed & Record<string, unknown>>(
        pool,
        'reading what is not agreed',
        `select u.key, replace(u.hash::text, '-', '') as hash, coalesce(u.written, 'null') as json,
           l.destination_id as "destinationId", replace(nullif(l.hash, $5)::text, '-', '') as "ledgerHash",
           l.state in ('c', 'x') is true as delivered
         from unagreed u left join lateral (select * from ledger l where l.sync_id = $1 and l.key = u.key limit 1) l on true
         where u.sync_id = $1 and u.given_up_at is null and u.run <> $2 and ($3::text is null or u.key > $3)
         order by u.key limit $4`,
        [syncId, run, after, limit, NO_HASH],
      ),

    /** Both sides agree on these: the ledger is right again, and nothing has to be sent. */
    agreed: async (syncId: number, keys: readonly string[]): Promise<void> => {
      await query(
        pool,
        'noting what is agreed',
        `with gone as (
           delete from unagreed where sync_id = $1 and given_up_at is null and key = any ($2::text[]) returning key, hash)
         update ledger l set hash = gone.hash from gone where l.sync_id = $1 and l.key = gone.key and l.hash = $3`,
        [syncId, textArray(keys), NO_HASH],
      );
    },
    ...unagreedWork(pool),
  };
}
