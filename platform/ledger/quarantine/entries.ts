import type { Pool } from 'pg';
import { isoTime, query } from '../sql/sql.ts';

/**
 * `open`: waits for a person. `replayed`: went through the mapping again and was not rejected. `superseded`: a later
 * version of the record arrived, or a later entry took its place. `dropped`: a person decided against it.
 */
export const entryStates = ['open', 'replayed', 'superseded', 'dropped'] as const;
export type EntryState = (typeof entryStates)[number];

/** Which entries of a sync; each part narrows the choice. */
export interface EntryChoice {
  readonly state?: EntryState;
  readonly code?: string;
  /** A field, with all below it: `customer` finds `customer/email`; a slash before it does not count. */
  readonly field?: string;
  readonly rule?: string;
  readonly key?: string;
  /** ISO 8601. */
  readonly since?: string;
  /** ISO 8601; the moment itself no longer counts. */
  readonly until?: string;
  /** Set aside by this run. */
  readonly run?: string;
  /** Of each run that set entries aside, those of the batch with this number. */
  readonly batch?: number;
  readonly limit?: number;
}

/** A record that was set aside. */
export interface QuarantineEntry {
  readonly id: string;
  readonly state: EntryState;
  readonly run: string;
  readonly batch: number;
  readonly ordinal: number;
  readonly stage: string;
  readonly key: string | null;
  readonly code: string;
  readonly field: string | null;
  readonly rule: string | null;
  readonly reason: string;
  /** The record as received, as JSON text; null when it was not kept, or dropped. */
  readonly record: string | null;
  /** ISO 8601. */
  readonly at: string;
  readonly resolvedAt: string | null;
  /** The run that resolved it; null for a person. */
  readonly resolvedBy: string | null;
}

const entryColumns = `q.id::text, q.state, q.run, q.seq as batch, q.ordinal, q.stage, q.key, q.code, q.field, q.rule, q.reason,
  q.record, ${isoTime('q.at')} as at, ${isoTime('q.resolved_at')} as "resolvedAt", q.resolved_by as "resolvedBy"`;

/** The condition for `$1 … $10`; the limit is the caller's. */
const chosen = `q.sync_id = (select id from syncs where name = $1)
  and ($2::text is null or q.state = $2) and ($3::text is null or q.code = $3)
  and ($4::text is null or starts_with(ltrim(q.field, '/') || '/', ltrim($4, '/') || '/'))
  and ($5::text is null or q.rule = $5) and ($6::text is null or q.key = $6) and ($7::timestamptz is null or q.at >= $7)
  and ($8::timestamptz is null or q.at < $8) and ($9::text is null or q.run = $9) and ($10::int is null or q.seq = $10)`;

const valuesOf = (
  sync: string,
  { state, code, field, rule, key, since, until, run, batch }: EntryChoice,
): unknown[] => [
  sync,
  state ?? null,
  code ?? null,
  field ?? null,
  rule ?? null,
  key ?? null,
  since ?? null,
  until ?? null,
  run ?? null,
  batch ?? null,
];

/** The entries chosen, latest first. */
export const listEntries =
  (pool: Pool) =>
  (sync: string, choice: EntryChoice): Promise<readonly QuarantineEntry[]> =>
    query<QuarantineEntry & Record<string, unknown>>(
      pool,
      'reading the quarantine',
      `select ${entryColumns} from quarantine q where ${chosen} order by q.at desc, q.id desc limit $11`,
      [...valuesOf(sync, choice), choice.limit ?? null],
    );

/** How many were chosen for each reason, most frequent first. */
export const reasonsOf =
  (pool: Pool) =>
  (sync: string, choice: EntryChoice): Promise<readonly QuarantineGroup[]> =>
    query<{ code: string; field: string | null; reason: string; records: number }>(
      pool,
      'reading the quarantine',
      `select code, field, reason, count(*)::int as records from quarantine q where ${chosen}
       group by code, field, reason order by records desc, code limit 50`,
      valuesOf(sync, choice),
    );

/** Gives up the open entries chosen, oldest first: the record is removed, its reason stays. Answers how many. */
export const dropEntries =
  (pool: Pool) =>
  async (sync: string, choice: EntryChoice): Promise<number> => {
    const rows = await query(
      pool,
      'dropping from quarantine',
      `update quarantine set state = 'dropped', record = null, resolved_at = now(), resolved_by = null
       where id in (select id from quarantine q where ${chosen} order by id limit $11) and state = 'open' returning id`,
      [...valuesOf(sync, { ...choice, state: 'open' }), choice.limit ?? null],
    );
    return rows.length;
  };

/** Unused choices are forgotten after this long: their run never opened. */
const FORGET_AFTER = '1 day';

export const chooseForReplay = (pool: Pool) => ({
  /**
   * Chooses the open entries that a run, not yet started, is to read; oldest first, so that of two records with one
   * key the later wins. Kept here and not in the run's input, which must not hold keys (invariant 8). Answers how many.
   */
  async choose(sync: string, run: string, choice: EntryChoice): Promise<number> {
    await query(
      pool,
      'forgetting old replays',
      `delete from replays p where at < now() - $1::interval and not exists (select from runs where id = p.run)`,
      [FORGET_AFTER],
    );
    const rows = await query(
      pool,
      'choosing what to replay',
      `insert into replays (run, n, entry)
       select $12, row_number() over (order by c.id) - 1, c.id from (
         select q.id from quarantine q where ${chosen} and q.record is not null order by q.id limit $11
       ) c returning n`,
      [...valuesOf(sync, { ...choice, state: 'open' }), choice.limit ?? null, run],
    );
    return rows.length;
  },

  /** Records of a replay run, as JSON texts, from the n-th on. */
  async chosen(run: string, from: number, limit: number): Promise<readonly string[]> {
    const rows = await query<{ record: string | null }>(
      pool,
      'reading what to replay',
      `select q.record from replays p join quarantine q on q.id = p.entry
       where p.run = $1 and p.n >= $2 order by p.n limit $3`,
      [run, from, limit],
    );
    // Dropped since it was chosen: `null` is no record, and so ends in quarantine again instead of being lost.
    return rows.map(({ record }) => record ?? 'null');
  },
});

export interface QuarantineGroup {
  readonly code: string;
  readonly field: string | null;
  readonly reason: string;
  readonly records: number;
}
