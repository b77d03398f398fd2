import type { Pool } from 'pg';
import type { RecordVersion } from '../../../model/record/version.ts';
import { isoTime, query } from '../sql/sql.ts';

/** Where the watermark of a sync stood after a run, or where a person put it back to. */
export interface KeptPosition {
  /** Its id; `by hand` and the time for a person. */
  readonly run: string;
  /** ISO 8601: when the run ended. */
  readonly at: string;
  readonly watermark: RecordVersion;
}

const columns = `w.run, ${isoTime('w.at')} as at, w.watermark`;

/** The positions of a sync through time: what a run can be told to read again from. */
export function ledgerPositions(pool: Pool) {
  return {
    /** The latest first. */
    list: (sync: string, limit: number): Promise<readonly KeptPosition[]> =>
      query<KeptPosition & Record<string, unknown>>(
        pool,
        'reading the positions',
        `select ${columns} from watermarks w join syncs s on s.id = w.sync_id where s.name = $1
         order by w.at desc limit $2`,
        [sync, limit],
      ),

    /** The watermark now; null when no run has set one. */
    async current(sync: string): Promise<RecordVersion | null> {
      const rows = await query<{ watermark: RecordVersion | null }>(
        pool,
        'reading the watermark',
        'select watermark from syncs where name = $1',
        [sync],
      );
      return rows[0]?.watermark ?? null;
    },

    async ofRun(sync: string, run: string): Promise<KeptPosition | undefined> {
      const rows = await query<KeptPosition & Record<string, unknown>>(
        pool,
        'reading a position',
        `select ${columns} from watermarks w join syncs s on s.id = w.sync_id where s.name = $1 and w.run = $2`,
        [sync, run],
      );
      return rows[0];
    },

    /** Where it stood at a time; undefined when it had none yet. */
    async at(sync: string, time: string): Promise<KeptPosition | undefined> {
      const rows = await query<KeptPosition & Record<string, unknown>>(
        pool,
        'reading a position',
        `select ${columns} from watermarks w join syncs s on s.id = w.sync_id where s.name = $1 and w.at <= $2
         order by w.at desc limit 1`,
        [sync, time],
      );
      return rows[0];
    },

    /** Puts the watermark of a sync back by hand. Answers false while a run holds the sync: that one would move it. */
    async putBack(sync: string, watermark: RecordVersion): Promise<boolean> {
      const rows = await query(
        pool,
        'putting the watermark back',
        `with put as (
           update syncs set watermark = $2::jsonb, fence = fence + 1 where name = $1 and holder is null returning id)
         insert into watermarks (sync_id, run, watermark) select id, 'by hand ' || ${isoTime('now()')}, $2::jsonb from put
         returning sync_id`,
        [sync, watermark],
      );
      return rows.length > 0;
    },

    /** How many records the ledger knows from this version on; until `until`, where that is given. */
    async known(sync: string, since: RecordVersion, until: RecordVersion | null): Promise<number> {
      const rows = await query<{ records: number }>(
        pool,
        'counting what would be read again',
        `select count(*)::float8 as records from ledger l join syncs s on s.id = l.sync_id
         where s.name = $1 and l.version >= $2 and ($3::bigint is null or l.version <= $3)`,
        [sync, since.value, until?.value ?? null],
      );
      return rows[0]?.records ?? 0;
    },

    /** Calls that the last complete read of a sync took for each record that it fetched; null when none is journalled. */
    async callsPerRecord(sync: string): Promise<number | null> {
      const rows = await query<{ share: number | null }>(
        pool,
        'counting calls',
        `select (select count(*) from calls c where c.run = r.id and c.step = 'fetchBatch')::float8
             / nullif((r.counts->>'fetched')::float8, 0) as share
         from runs r join syncs s on s.id = r.sync_id
         where s.name = $1 and r.ended_at is not null and (r.counts->>'fetched')::float8 > 0
           and exists (select from calls c where c.run = r.id and c.step = 'fetchBatch')
         order by r.ended_at desc limit 1`,
        [sync],
      );
      return rows[0]?.share ?? null;
    },
  };
}
