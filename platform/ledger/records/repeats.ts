import type { Pool } from 'pg';
import type { ReadyRecord } from '../../../model/record/prepared.ts';
import type { Occurrence } from '../../../model/record/repeats.ts';
import type { Confirmed } from '../deliveries/confirmed.ts';
import { ROW_BY_KEY, renewVersions } from '../deliveries/rows.ts';
import { addToSample } from '../deliveries/samples.ts';
import { plainArray, textArray } from '../sql/arrays.ts';
import { joiningSets, query, queryInOrder, transaction, type Writer, writeUnderFence } from '../sql/sql.ts';

/** A record that waits until all has been read. */
export interface RepeatedRecord {
  readonly record: ReadyRecord;
  /** The ledger does not know yet that its key repeats. */
  readonly news: boolean;
  /** An earlier batch of the run delivered another content under its key. */
  readonly again: boolean;
}

/** What became of what was chosen of a batch. */
export interface LateCounts {
  readonly chosen: number;
  readonly unchanged: number;
  readonly superseded: number;
}

export interface LateEnd {
  readonly counts: LateCounts;
  readonly sample: readonly Confirmed[];
  /** Records that came unchanged under a newer version. */
  readonly renewed: readonly ReadyRecord[];
}

/** Records are read and marked so many at a time. */
const PAGE = 10_000;

/** Keys that one read gives more than once, batches apart: which record of them counts is decided when all is read. */
export function ledgerRepeats(pool: Pool) {
  return {
    /** Notes records of a batch that wait, and that their keys repeat. Safe to repeat. */
    async noteRepeats(start: Writer, run: string, seq: number, found: readonly RepeatedRecord[]): Promise<void> {
      await writeUnderFence(
        pool,
        'noting repeated keys',
        start,
        `noted as (
           insert into repeated (run, key, seq, ordinal, version, again)
           select $3, u.key, $4, u.ordinal, u.version, u.again
           from writer, unnest($5::text[], $6::int[], $7::bigint[], $8::boolean[]) as u(key, ordinal, version, again)
           on conflict do nothing),
         marked as (
           update ledger l set repeats = true from (
             select found.at from writer, unnest($9::text[]) as k(key) cross join lateral (${ROW_BY_KEY}) found) f
           where l.ctid = f.at)`,
        [
          run,
          seq,
          textArray(found.map(({ record }) => record.key)),
          plainArray(found.map(({ record }) => record.ordinal)),
          plainArray(found.map(({ record }) => record.version)),
          found.map(({ again }) => again),
          textArray(found.flatMap(({ record, news }) => (news ? [record.key] : []))),
        ],
        { by: query },
      );
    },

    /** Whether records of the run wait to be decided, and whether something chosen is still to be delivered. */
    async repeatsLeft(run: string): Promise<{ readonly undecided: boolean; readonly undelivered: boolean }> {
      const [row] = await query<{ undecided: boolean; undelivered: boolean }>(
        pool,
        'looking for repeated keys',
        `select coalesce(bool_or(chosen is null), false) as undecided,
           coalesce(bool_or(chosen and not delivered), false) as undelivered from repeated where run = $1`,
        [run],
      );
      return row ?? { undecided: false, undelivered: false };
    },

    /** All of them by their keys, and of one key as they were read. */
    async *repeated(run: string): AsyncIterable<Occurrence> {
      for (let after: Occurrence = { key: '', seq: 0, ordinal: -1, version: null }; ; ) {
        const page: readonly Occurrence[] = await queryInOrder<Occurrence & Record<string, unknown>>(
          pool,
          'reading repeated keys',
          `select key, seq, ordinal, version::float8 as version from repeated
           where run = $1 and (key, seq, ordinal) > ($2, $3::int, $4::int) order by key, seq, ordinal limit ${PAGE}`,
          [run, after.key, after.seq, after.ordinal],
        );
        yield* page;
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) return;
        after = last;
      }
    },

    /** Notes which records count, of some keys. Safe to repeat. */
    async choose(start: Writer, run: string, chosen: readonly Occurrence[]): Promise<void> {
      await writeUnderFence(
        pool,
        'choosing among repeated keys',
        start,
        `chosen as (
           update repeated r set chosen = true from (
             select found.at from writer, unnest($4::text[], $5::int[], $6::int[]) as k(key, seq, ordinal)
             cross join lateral (
               select r.ctid as at from repeated r
               where r.run = $3 and r.key = k.key and r.seq = k.seq and r.ordinal = k.ordinal limit 1) found) f
           where r.ctid = f.at)`,
        [
          run,
          textArray(chosen.map(({ key }) => key)),
          plainArray(chosen.map(({ seq }) => seq)),
          plainArray(chosen.map(({ ordinal }) => ordinal)),
        ],
        { by: query },
      );
    },

    /**
     * All others are passed over. `whole`: everything at the source was read, so that a key that came once does not repeat
     * any more.
     */
    chosen: (start: Writer, run: string, whole: boolean): Promise<void> =>
      joiningSets(pool, 'passing over repeated keys', async (sql) => {
        await writeUnderFence(
          sql,
          'passing over repeated keys',
          start,
          `passed as (update repeated set chosen = false from writer where run = $3 and chosen is null)`,
          [run],
          { by: query },
        );
        if (!whole) return;
        await sql.query(
          `update ledger l set repeats = null from (
             select key from repeated where run = $2 group by key having count(*) = 1 and not bool_or(again)) once
           where l.sync_id = $1 and l.key = once.key`,
          [start.syncId, run],
        );
      }),

    /** Batches of which something chosen is still to be delivered. */
    async batchesOfChosen(run: string): Promise<readonly number[]> {
      const rows = await query<{ seq: number }>(
        pool,
        'reading repeated keys',
        'select distinct seq from repeated where run = $1 and chosen and not delivered order by seq',
        [run],
      );
      return rows.map(({ seq }) => seq);
    },

    /** The positions of what was chosen of a batch. */
    async chosenOf(run: string, seq: number): Promise<ReadonlySet<number>> {
      const rows = await query<{ ordinal: number }>(
        pool,
        'reading repeated keys',
        'select ordinal from repeated where run = $1 and seq = $2 and chosen',
        [run, seq],
      );
      return new Set(rows.map(({ ordinal }) => ordinal));
    },

    /** Counts a batch anew when what was chosen of it has been delivered: until then all of them counted as superseded. */
    closeLate: (start: Writer, run: string, seq: number, { counts, sample, renewed }: LateEnd): Promise<void> =>
      transaction(pool, 'counting a batch anew', async (sql) => {
        await writeUnderFence(
          sql,
          'counting a batch anew',
          start,
          `of_intents as (
             select coalesce(sum(confirmed), 0)::int as delivered, coalesce(sum(superseded), 0)::int as overtaken
             from intents where run = $3 and seq = $4),
           counted as (
             update batches b set counts = b.counts || jsonb_build_object(
               'delivered', i.delivered,
               'quarantined', (select count(*)::int from quarantine where run = $3 and seq = $4),
               'unchanged', (b.remainder->>'unchanged')::int + $5::int,
               'superseded', (b.remainder->>'superseded')::int - $6::int + $7::int + i.overtaken)
             from writer, of_intents i where b.run = $3 and b.seq = $4),
           freed as (update intents set ordinals = null from writer where run = $3 and seq = $4),
           done as (update repeated set delivered = true from writer where run = $3 and seq = $4 and chosen)`,
          [run, seq, counts.unchanged, counts.chosen, counts.superseded],
          { by: query },
        );
        await addToSample(sql, run, seq, sample);
        if (renewed.length > 0) await renewVersions(sql, start.syncId, renewed);
      }),
  };
}
