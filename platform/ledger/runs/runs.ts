import type { Pool } from 'pg';
import { SyncFailure } from '../../../model/failure/failure.ts';
import { parseVersion, type RecordVersion, type VersionKind } from '../../../model/record/version.ts';
import { addCounts, type Counts, noCounts, type Reconciled, type RunStatus } from '../../../model/sync/batch.ts';
import { refuseUnaccounted } from '../../../model/sync/conservation.ts';
import type { ReadRange } from '../../../model/sync/range.ts';
import type { RunMode } from '../../../model/sync/run-state.ts';
import { watermarkAfter } from '../../../model/version/watermark.ts';
import { ask, query } from '../sql/sql.ts';
import { droppedOf } from '../staging/working-data.ts';
import { ledgerClaims } from './claims.ts';

/** What every step needs to know of its run: it never changes. */
export interface RunFacts {
  readonly syncId: number;
  readonly sync: string;
  readonly mode: RunMode;
  readonly since: string | number | null;
  /** Of a backfill only. */
  readonly range: ReadRange | null;
  readonly syncVersion: string;
  /** Of the watermark that it began with. */
  readonly versionKind?: VersionKind;
  /** It keeps to a plan, which has its batches cut by the policy alone. */
  readonly planned: boolean;
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
      const [row] = await ask<{
        sync_id: number;
        name: string;
        mode: RunMode;
        since: string | number | null;
        until: RecordVersion | null;
        sync_version: string;
        version_kind: VersionKind | null;
        planned: boolean;
      }>(
        pool,
        'reading the run',
        `select r.sync_id, s.name, r.mode, r.since, r.until, r.sync_version,
           r.watermark_before->>'kind' as version_kind,
           exists (select from planned_runs where run = $1) as planned
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
        ...(row.version_kind && { versionKind: row.version_kind }),
        planned: row.planned,
      };
    },

    /** The counts of a run that has ended as succeeded; undefined of any other. */
    async succeeded(run: string): Promise<Counts | undefined> {
      const [ended] = await ask<{ counts: Counts }>(
        pool,
        'reading how the run ended',
        `select counts from runs where id = $1 and status = 'succeeded' and ended_at is not null`,
        [run],
      );
      return ended?.counts;
    },

    /** Whether a run of this workflow has ended well. */
    async endedWell(workflowId: string): Promise<boolean> {
      const [found] = await ask<{ known: boolean }>(
        pool,
        'looking for a run',
        `select exists (select from runs where workflow_id = $1 and status in ('succeeded', 'partial')) as known`,
        [workflowId],
      );
      return found?.known === true;
    },

    /** The counts of the batches delivered so far. */
    counts: async (run: string): Promise<Counts> => (await booksOf(pool, run)).counts,

    /**
     * Ends the run, once: releases the sync, drops what was staged and, when everything was delivered, moves the
     * watermark (invariant 2: every record up to it is in a bucket by now).
     */
    async close(end: RunEnd): Promise<Counts> {
      for (;;) {
        const hold = await lastHold(pool, end.run);
        const { counts, ...read } = await booksOf(pool, end.run);
        // No run ends well with books that do not add up, whether or not it had anything to reconcile.
        if (hold && endedWell(end.status)) refuseUnaccounted(end.run, counts);
        // Another attempt that came between has the same to do, and may die of it: then this one is not at its end.
        if (!hold || (await release(pool, end, hold, counts, read))) return counts;
      }
    },
  };
}

const endedWell = (status: RunStatus): boolean => status === 'succeeded' || status === 'partial';

interface LastHold {
  readonly syncId: number;
  readonly fence: string;
  readonly mode: RunMode;
  readonly watermark: RecordVersion | null;
  /** The run may have passed over records: the watermark stays behind them (invariant 2). */
  readonly shifted: boolean;
}

/** Takes a last number, so that nobody writes for the run any more. Undefined when it does not hold its sync: it has ended. */
async function lastHold(pool: Pool, run: string): Promise<LastHold | undefined> {
  const [hold] = await ask<LastHold & Record<string, unknown>>(
    pool,
    'closing the run',
    `update syncs s set fence = s.fence + 1 from runs r where r.id = $1 and s.id = r.sync_id and s.holder = r.id
     returning s.id as "syncId", s.fence, r.mode, s.watermark,
       exists (select from notices where run = r.id and code = 'READ_SHIFTED') as shifted`,
    [run],
  );
  return hold;
}

/** Of a run that ends as $6. */
const READ_BACK = "$6 in ('succeeded', 'partial')";

/** Whether nobody came between. */
async function release(
  pool: Pool,
  end: RunEnd,
  hold: LastHold,
  counts: Counts,
  read: Pick<Books, 'highest' | 'readFromMs'>,
): Promise<boolean> {
  // What was chosen is older than the watermark, or beyond what was read without a gap.
  const moves = readsAll(hold.mode) && endedWell(end.status) && !hold.shifted;
  const full = hold.mode === 'full';
  const watermark = moves ? watermarkAfter({ ...read, before: hold.watermark, full }) : hold.watermark;
  const released = await query(
    pool,
    'closing the run',
    `with released as (
           update syncs set holder = null, fence = fence + 1, watermark = $3::jsonb where id = $2 and holder = $1 and fence = $4
           returning id),
         moved as (
           insert into watermarks (sync_id, run, watermark) select id, $1, $3::jsonb from released where $5 and $3::jsonb is not null),
         ended as (
           update runs set status = $6, counts = $7, reconciled = $8, failure_code = $9, failure = $10, ended_at = now()
           from released where runs.id = $1),
         -- A run that ended otherwise has read nothing back: the next one does.
         read_back as (
           delete from written w using released, runs r where ${READ_BACK} and r.sync_id = released.id and w.run = r.id),
         kept_for_it as (
           delete from staged s using released, runs r where ${READ_BACK} and r.sync_id = released.id and r.id <> $1 and s.run = r.id
             and not exists (select from intents i where i.run = s.run and i.seq = s.seq and i.state in ('open', 'unknown'))),
         ${droppedOf('$1', 'released', READ_BACK)}
         select 1 from released`,
    [
      end.run,
      hold.syncId,
      watermark,
      hold.fence,
      moves,
      end.status,
      counts,
      end.reconciled,
      end.failure?.code ?? null,
      end.failure?.message ?? null,
    ],
  );
  return released.length > 0;
}

/** Whether a run reads all that changed, and not only what was chosen. */
const readsAll = (mode: RunMode): boolean => mode === 'full' || mode === 'incremental';

function rangeOf(since: string | number | null, until: RecordVersion | null): ReadRange | null {
  const from = parseVersion(since);
  return from && until ? { since: from, until } : null;
}

interface Books {
  readonly counts: Counts;
  /** Of each batch, in order. */
  readonly highest: readonly (RecordVersion | null)[];
  /** What the clock of the source showed at its first page; before that, the ledger's when the run began. */
  readonly readFromMs: number;
}

/** What the batches of a run came to so far. */
async function booksOf(pool: Pool, run: string): Promise<Books> {
  const rows = await ask<{ counts: Counts | null; highest: RecordVersion | null; readFromMs: number }>(
    pool,
    'counting the run',
    `select b.counts, b.highest, coalesce(b.as_of, extract(epoch from r.started_at) * 1000)::float8 as "readFromMs"
     from batches b join runs r on r.id = b.run where b.run = $1 order by b.seq`,
    [run],
  );
  return {
    counts: rows.reduce((sum, { counts }) => (counts === null ? sum : addCounts(sum, counts)), noCounts),
    highest: rows.map(({ highest }) => highest),
    readFromMs: rows[0]?.readFromMs ?? 0,
  };
}
