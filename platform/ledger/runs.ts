import type { Pool } from 'pg';
import { addCounts, type Counts, noCounts, type Reconciled, type RunStatus } from '../../model/batch.ts';
import { SyncFailure } from '../../model/failure.ts';
import type { ReadRange } from '../../model/range.ts';
import type { RunMode } from '../../model/run-state.ts';
import { laterVersion, parseVersion, type RecordVersion } from '../../model/version.ts';
import { ledgerClaims } from './claims.ts';
import { query, transaction } from './sql.ts';
import { dropWorkingData } from './working-data.ts';

/** What every step needs to know of its run. */
export interface RunFacts {
  readonly syncId: number;
  readonly sync: string;
  readonly mode: RunMode;
  readonly since: string | number | null;
  /** Of a backfill only. */
  readonly range: ReadRange | null;
  readonly syncVersion: string;
  readonly status: string;
}

export interface RunEnd {
  readonly run: string;
  readonly status: RunStatus;
  readonly reconciled: Reconciled;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

export function ledgerRuns(pool: Pool) {
  return {
    ...ledgerClaims(pool),

    async facts(run: string): Promise<RunFacts> {
      const [row] = await query<{
        sync_id: number;
        name: string;
        mode: RunMode;
        since: string | number | null;
        until: RecordVersion | null;
        sync_version: string;
        status: string;
      }>(
        pool,
        'reading the run',
        `select r.sync_id, s.name, r.mode, r.since, r.until, r.sync_version, r.status
         from runs r join syncs s on s.id = r.sync_id where r.id = $1`,
        [run],
      );
      if (!row) throw new SyncFailure('STAGING_LOST', `the ledger knows no run ${run}`);
      return {
        syncId: row.sync_id,
        sync: row.name,
        mode: row.mode,
        since: row.since,
        range: rangeOf(row.since, row.until),
        syncVersion: row.sync_version,
        status: row.status,
      };
    },

    /** The counts of the batches delivered so far. */
    counts: (run: string): Promise<Counts> => batchCounts(pool, run),

    /**
     * Ends the run, once: releases the sync, drops what was staged and, when everything was delivered, moves the
     * watermark (invariant 2: every record up to it is in a bucket by now).
     */
    close: (end: RunEnd): Promise<Counts> =>
      transaction(pool, 'closing the run', async (sql) => {
        const counts = await batchCounts(sql, end.run);
        const { rows } = await sql.query<{ sync_id: number; mode: RunMode; watermark: RecordVersion | null }>(
          `select s.id as sync_id, r.mode, s.watermark from runs r join syncs s on s.id = r.sync_id
           where r.id = $1 and s.holder = $1 for update of s`,
          [end.run],
        );
        const sync = rows[0];
        if (!sync) return counts;
        // What was chosen is older than the watermark, or beyond what was read without a gap.
        const moves = readsAll(sync.mode) && (end.status === 'succeeded' || end.status === 'partial');
        const watermark = moves ? laterVersion(sync.watermark, await highestOf(sql, end.run)) : sync.watermark;
        await sql.query('update syncs set holder = null, fence = fence + 1, watermark = $2 where id = $1', [
          sync.sync_id,
          watermark,
        ]);
        if (moves && watermark !== null)
          await sql.query('insert into watermarks (sync_id, run, watermark) values ($1, $2, $3)', [
            sync.sync_id,
            end.run,
            watermark,
          ]);
        await sql.query(
          `update runs set status = $2, counts = $3, reconciled = $4, failure_code = $5, failure = $6, ended_at = now()
           where id = $1`,
          [end.run, end.status, counts, end.reconciled, end.failure?.code ?? null, end.failure?.message ?? null],
        );
        await dropWorkingData(sql, end.run);
        return counts;
      }),
  };
}

/** Whether a run reads all that changed, and not only what was chosen. */
const readsAll = (mode: RunMode): boolean => mode === 'full' || mode === 'incremental';

type Sql = Pick<Pool, 'query'>;

function rangeOf(since: string | number | null, until: RecordVersion | null): ReadRange | null {
  const from = parseVersion(since);
  return from && until ? { since: from, until } : null;
}

async function batchCounts(sql: Sql, run: string): Promise<Counts> {
  const { rows } = await sql.query<{ counts: Counts }>(
    'select counts from batches where run = $1 and counts is not null',
    [run],
  );
  return rows.reduce((sum, row) => addCounts(sum, row.counts), noCounts);
}

async function highestOf(sql: Sql, run: string): Promise<RecordVersion | null> {
  const { rows } = await sql.query<{ highest: RecordVersion }>(
    'select highest from batches where run = $1 and highest is not null',
    [run],
  );
  return rows.reduce<RecordVersion | null>((highest, row) => laterVersion(highest, row.highest), null);
}
