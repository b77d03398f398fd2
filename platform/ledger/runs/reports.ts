import type { Pool } from 'pg';
import type { Counts, Reconciled } from '../../../model/sync/batch.ts';
import { isoTime, query } from '../sql/sql.ts';

export interface RunSummary {
  readonly run: string;
  readonly sync: string;
  readonly workflowId: string;
  readonly mode: string;
  readonly trigger: string;
  readonly status: string;
  readonly counts: Counts | null;
  readonly reconciled: Reconciled | null;
  readonly failureCode: string | null;
  readonly failure: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

const runColumns = `r.id as run, s.name as sync, r.workflow_id as "workflowId", r.mode, r.trigger, r.status, r.counts,
  r.reconciled, r.failure_code as "failureCode", r.failure,
  ${isoTime('r.started_at')} as "startedAt",
  ${isoTime('r.ended_at')} as "endedAt"`;

/** The public, read-only side of the ledger. */
export function ledgerReports(pool: Pool) {
  return {
    latestRuns: (sync?: string): Promise<readonly RunSummary[]> =>
      query<RunSummary & Record<string, unknown>>(
        pool,
        'reading the runs',
        sync === undefined
          ? `select distinct on (s.name) ${runColumns} from runs r join syncs s on s.id = r.sync_id
             order by s.name, r.started_at desc`
          : `select ${runColumns} from runs r join syncs s on s.id = r.sync_id where s.name = $1
             order by r.started_at desc limit 20`,
        sync === undefined ? [] : [sync],
      ),

    async run(run: string): Promise<RunSummary | undefined> {
      const rows = await query<RunSummary & Record<string, unknown>>(
        pool,
        'reading the run',
        `select ${runColumns} from runs r join syncs s on s.id = r.sync_id where r.id = $1`,
        [run],
      );
      return rows[0];
    },
  };
}
