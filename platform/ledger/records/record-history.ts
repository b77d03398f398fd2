import type { Pool } from 'pg';
import type { RecordVersion } from '../../../model/record/version.ts';
import type { Reconciled } from '../../../model/sync/batch.ts';
import type { RunMode } from '../../../model/sync/run-state.ts';
import { isoTime, query } from '../sql/sql.ts';

/** The last write of a record that the destination confirmed. */
export interface LastWrite {
  /** `delete in doubt`: sent, with an outcome that nobody knows. */
  readonly state: 'delivered' | 'deleted' | 'marked as deleted' | 'delete in doubt';
  /** Of the destination form: 128 bits of SHA-256 as 32 hexadecimal digits. */
  readonly hash: string;
  /** Of the source: an ISO 8601 time or a number; null for a sync without one. */
  readonly version: string | null;
  /** The destination's own id; null where that is the key. */
  readonly destinationId: string | null;
  /** The request's id, which the destination saw as its idempotency key. Null when the ledger no longer has it. */
  readonly request: string | null;
  readonly run: string | null;
  /** Number within the run; 0 for deletions. */
  readonly batch: number | null;
  readonly records: number | null;
  /** ISO 8601: when the request left, and when its outcome was noted. */
  readonly sentAt: string | null;
  /** ISO 8601: when its batch was fetched. */
  readonly fetchedAt: string | null;
  /** What the run found when it read back what it had delivered; null when nothing was read back. */
  readonly reconciled: Reconciled | null;
  /** Records that its run delivered: when as many were read back, this one was among them. */
  readonly runDelivered: number | null;
  readonly runEndedAt: string | null;
  readonly confirmedAt: string | null;
  readonly workflowId: string | null;
  readonly mode: RunMode | null;
  readonly trigger: string | null;
}

/** What the ledger knows of a sync as a whole. */
export interface SyncFacts {
  readonly watermark: RecordVersion | null;
  /** The open run; null when none. */
  readonly openRun: string | null;
  readonly lastFullRun: { readonly run: string; readonly status: string; readonly endedAt: string } | null;
}

/** What the ledger knows of one record of a sync. */
export function ledgerLife(pool: Pool) {
  return {
    /** Undefined for a sync that has never run. */
    async sync(name: string): Promise<SyncFacts | undefined> {
      const rows = await query<{ watermark: RecordVersion | null; openRun: string | null } & Partial<FullRun>>(
        pool,
        'reading the sync',
        `select s.watermark, s.holder as "openRun", f.run, f.status, f."endedAt" from syncs s
         left join lateral (
           select r.id as run, r.status, ${isoTime('r.ended_at')} as "endedAt" from runs r
           where r.sync_id = s.id and r.mode = 'full' and r.status in ('succeeded', 'partial')
           order by r.started_at desc limit 1
         ) f on true where s.name = $1`,
        [name],
      );
      const row = rows[0];
      if (!row) return undefined;
      const { watermark, openRun, run, status, endedAt } = row;
      return { watermark, openRun, lastFullRun: run && status && endedAt ? { run, status, endedAt } : null };
    },

    /** Undefined for a record of which nothing was ever confirmed. */
    async lastWrite(sync: string, key: string): Promise<LastWrite | undefined> {
      const rows = await query<
        Omit<LastWrite, 'version'> & { version: string | null; watermark: RecordVersion | null }
      >(
        pool,
        'reading the ledger',
        `select case l.state when 'd' then 'deleted' when 's' then 'marked as deleted' when 'x' then 'delete in doubt' else 'delivered' end as state, replace(l.hash::text, '-', '') as hash,
           l.version::text, s.watermark, l.destination_id as "destinationId", i.request_id::text as request, i.run,
           i.seq as batch, i.items as records, ${isoTime('i.opened_at')} as "sentAt",
           ${isoTime('b.fetched_at')} as "fetchedAt", r.reconciled, (r.counts->>'delivered')::int as "runDelivered",
           ${isoTime('r.ended_at')} as "runEndedAt", ${isoTime('i.decided_at')} as "confirmedAt",
           r.workflow_id as "workflowId", r.mode, r.trigger
         from syncs s join ledger l on l.sync_id = s.id and l.key = $2 and l.state <> 't'
         left join intents i on i.id = l.intent left join runs r on r.id = i.run
         left join batches b on b.run = i.run and b.seq = i.seq where s.name = $1`,
        [sync, key],
      );
      const row = rows[0];
      if (!row) return undefined;
      const { watermark, version, ...rest } = row;
      return { ...rest, version: versionText(version, watermark) };
    },
  };
}

interface FullRun {
  readonly run: string | null;
  readonly status: string | null;
  readonly endedAt: string | null;
}

/** The ledger keeps a number; the watermark of the sync says whether it counts microseconds. */
function versionText(version: string | null, watermark: RecordVersion | null): string | null {
  if (version === null || watermark?.kind !== 'time') return version;
  const micros = BigInt(version);
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const whole = new Date(Number((micros - rest) / 1000n)).toISOString();
  return whole.replace('.000Z', rest === 0n ? 'Z' : `.${String(rest).padStart(6, '0')}Z`);
}
