import type { Pool } from 'pg';
import type { DriftFinding, KnownField } from '../../../model/drift/drift.ts';
import type { BatchShape } from '../../../model/drift/shape.ts';
import { ask, query } from '../sql/sql.ts';

/** How one field differed in a run: all its batches together. */
export interface RunDrift extends DriftFinding {
  readonly batches: number;
}

/** What the records of a sync look like, and how those of a run differed. */
export function ledgerDrift(pool: Pool) {
  return {
    /** What earlier batches had, by field. A decision holds for the mapping that it was made under. */
    async known(syncId: number, mapping: string): Promise<ReadonlyMap<string, KnownField>> {
      const rows = await ask<{ field: string; seen: number; present: number; accepted: boolean }>(
        pool,
        'reading the shape of the records',
        `select field, seen::float8 as seen, present::float8 as present, coalesce(accepted_for = $2, false) as accepted
         from shapes where sync_id = $1`,
        [syncId, mapping],
      );
      return new Map(rows.map(({ field, ...known }) => [field, known]));
    },

    /** Adds the shape of a batch to what is known. */
    async learn(syncId: number, { fields }: BatchShape): Promise<void> {
      const counted = fields.filter(({ known, seen }) => known && seen > 0);
      if (counted.length === 0) return;
      await ask(
        pool,
        'noting the shape of the records',
        `insert into shapes as s (sync_id, field, seen, present)
         select $1, * from unnest($2::text[], $3::bigint[], $4::bigint[])
         on conflict (sync_id, field) do update set seen = s.seen + excluded.seen, present = s.present + excluded.present`,
        [
          syncId,
          counted.map(({ field }) => field),
          counted.map(({ seen }) => seen),
          counted.map(({ present }) => present),
        ],
      );
    },

    /** Notes what differed in a batch. Safe to repeat. */
    async note(run: string, seq: number, findings: readonly DriftFinding[]): Promise<void> {
      if (findings.length === 0) return;
      await query(
        pool,
        'noting drift',
        `insert into drifts (run, seq, field, change, found, records, of, breaking)
         select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::boolean[])
         on conflict (run, seq, field, change) do update
           set found = excluded.found, records = excluded.records, of = excluded.of, breaking = excluded.breaking`,
        [
          run,
          seq,
          findings.map(({ field }) => field),
          findings.map(({ change }) => change),
          findings.map(({ found }) => found),
          findings.map(({ records }) => records),
          findings.map(({ of }) => of),
          findings.map(({ breaking }) => breaking),
        ],
      );
    },

    /** A person goes on with these fields as they are: what is known of them begins anew. */
    async accept(syncId: number, mapping: string, fields: readonly string[]): Promise<void> {
      await query(
        pool,
        'noting a decision on drift',
        `insert into shapes (sync_id, field, seen, present, accepted_for)
         select $1, f, 0, 0, $2 from unnest($3::text[]) f
         on conflict (sync_id, field) do update set seen = 0, present = 0, accepted_for = excluded.accepted_for`,
        [syncId, mapping, fields],
      );
    },

    /** Breaking first, then by how many records. */
    ofRun: (run: string): Promise<RunDrift[]> =>
      query<RunDrift & Record<string, unknown>>(
        pool,
        'reading drift',
        `select field, change, (array_agg(found order by seq desc))[1] as found, sum(records)::int as records,
           sum(of)::int as of, bool_or(breaking) as breaking, count(*)::int as batches
         from drifts where run = $1 group by field, change order by 6 desc, 4 desc, field limit 50`,
        [run],
      ),
  };
}
