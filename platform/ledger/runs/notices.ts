import type { Pool } from 'pg';
import { isNoticeCode, type Notice, notices, type RunNotice } from '../../../model/sync/notice.ts';
import { ask, query } from '../sql/sql.ts';

/** What runs have found odd without failing of it. */
export function ledgerNotices(pool: Pool) {
  return {
    /** Notes what a batch showed; `seq` 0: what the run as a whole did. Safe to repeat: what is noted last stands. */
    async note(run: string, seq: number, found: readonly Notice[]): Promise<void> {
      if (found.length === 0) return;
      await query(
        pool,
        'noting what was odd',
        `insert into notices (run, seq, code, subject, records, detail)
         select $1, $2, * from unnest($3::text[], $4::text[], $5::bigint[], $6::text[])
         on conflict (run, seq, code, subject) do update set records = excluded.records, detail = excluded.detail`,
        [
          run,
          seq,
          found.map(({ code }) => code),
          found.map(({ subject }) => subject),
          found.map(({ records }) => records),
          found.map(({ detail }) => detail),
        ],
      );
    },

    /** Whether something was noted that keeps the run from reading as success. */
    async isPartial(run: string): Promise<boolean> {
      const rows = await ask<{ code: string }>(
        pool,
        'reading what was odd',
        'select distinct code from notices where run = $1',
        [run],
      );
      return rows.some(({ code }) => isNoticeCode(code) && notices[code].outcome === 'partial');
    },

    /** All batches together; what is told for the first time comes first. */
    async ofRun(run: string): Promise<readonly RunNotice[]> {
      const rows = await query<{
        code: string;
        subject: string;
        records: number;
        detail: string;
        toldBefore: boolean;
      }>(
        pool,
        'reading what was odd',
        `select n.code, n.subject, sum(n.records)::float8 as records, (array_agg(n.detail order by n.seq desc))[1] as detail,
           exists (select from notices e join runs b on b.id = e.run
             where e.code = n.code and e.subject = n.subject and b.sync_id = r.sync_id and b.started_at < r.started_at) as "toldBefore"
         from notices n join runs r on r.id = n.run where n.run = $1
         group by n.code, n.subject, r.sync_id, r.started_at order by 5, n.code, n.subject`,
        [run],
      );
      return rows.flatMap(({ code, ...found }) => (isNoticeCode(code) ? [{ code, ...notices[code], ...found }] : []));
    },
  };
}
