import type { Pool } from 'pg';
import { type EpochUnit, includingAgain, type RecordVersion, type SentAgain } from '../../../model/record/version.ts';
import { KNOWN_OF_SYNC, type KnownOfSync, overlapStart, usableWatermark } from '../runs/watermarks.ts';
import { query } from '../sql/sql.ts';

/** Where the next run of a sync would begin. */
export interface Standing {
  /** Of a sync that has never run: a number that no record has. */
  readonly syncId: number;
  readonly watermark: RecordVersion | null;
  /** What the next run sends again, whatever it is at the source. */
  readonly again: SentAgain | null;
}

/** How the next run of a sync would read. */
export interface NextRead extends Standing {
  /** Where an incremental run would begin; null: everything. */
  readonly since: string | number | null;
}

/** What was planned, so that a run can keep to it. */
export interface StoredPlan {
  readonly hash: string;
  readonly sync: string;
  readonly full: boolean;
  /** The fingerprint of what each batch would send, in order. */
  readonly batches: readonly string[];
  /** The fingerprint of what would be deleted; null: nothing may be. */
  readonly deletes: string | null;
}

/** What the plan of a run says of one of its batches. */
export interface PlannedBatch {
  readonly batches: readonly string[];
  /** The source had no more after this batch. */
  readonly last: boolean;
}

const NEVER_RUN = -1;

export function ledgerPlans(pool: Pool) {
  return {
    async standing(sync: string): Promise<Standing> {
      const { id, watermark, again } = (await knownOf(pool, sync)) ?? { id: NEVER_RUN, watermark: null, again: null };
      return { syncId: id, watermark, again };
    },

    async nextRead(
      sync: string,
      { overlapMs, epoch }: { readonly overlapMs: number; readonly epoch: EpochUnit | undefined },
    ): Promise<NextRead> {
      const known = await knownOf(pool, sync);
      if (known === undefined) return { syncId: NEVER_RUN, watermark: null, again: null, since: null };
      const { watermark } = await usableWatermark(pool, known, epoch);
      const reaching = watermark && includingAgain(watermark, known.again);
      const since = reaching && (await overlapStart(pool, known.id, reaching, overlapMs));
      return { syncId: known.id, watermark, again: known.again, since };
    },

    async store(plan: StoredPlan): Promise<void> {
      await query(
        pool,
        'storing a plan',
        `insert into plans (hash, sync, full_read, batches, deletes) values ($1, $2, $3, $4, $5)
         on conflict (hash) do update set made_at = now()`,
        [plan.hash, plan.sync, plan.full, JSON.stringify(plan.batches), plan.deletes],
      );
      await query(pool, 'forgetting old plans', `delete from plans where made_at < now() - interval '30 days'`);
    },

    async load(hash: string): Promise<StoredPlan | undefined> {
      const [row] = await query<{
        hash: string;
        sync: string;
        full_read: boolean;
        batches: string[];
        deletes: string | null;
      }>(pool, 'reading a plan', 'select hash, sync, full_read, batches, deletes from plans where hash = $1', [hash]);
      return row && { hash: row.hash, sync: row.sync, full: row.full_read, batches: row.batches, deletes: row.deletes };
    },

    /** Holds a run, before it begins, to a plan. */
    async keepTo(run: string, hash: string): Promise<void> {
      await query(pool, 'giving a run its plan', 'insert into planned_runs (run, hash) values ($1, $2)', [run, hash]);
    },
  };
}

async function knownOf(pool: Pool, sync: string): Promise<KnownOfSync | undefined> {
  const [row] = await query<KnownOfSync & Record<string, unknown>>(
    pool,
    'reading the watermark',
    `select ${KNOWN_OF_SYNC} from syncs where name = $1`,
    [sync],
  );
  return row;
}

/** What the plan of a run says of deletes: their fingerprint, or null for none. Undefined when the run keeps to no plan. */
export async function plannedDeletes(pool: Pool, run: string): Promise<string | null | undefined> {
  const [row] = await query<{ deletes: string | null }>(
    pool,
    'reading the plan of a run',
    'select p.deletes from planned_runs r left join plans p on p.hash = r.hash where r.run = $1',
    [run],
  );
  return row?.deletes;
}

/** Undefined when the run keeps to no plan. A plan that is gone has no batches, so that nothing agrees with it. */
export async function plannedBatch(pool: Pool, run: string, seq: number): Promise<PlannedBatch | undefined> {
  const [row] = await query<{ batches: string[]; last: boolean }>(
    pool,
    'reading the plan of a run',
    `select coalesce(p.batches, '[]') as batches, b.complete as last
     from planned_runs r join batches b on b.run = r.run and b.seq = $2 left join plans p on p.hash = r.hash
     where r.run = $1`,
    [run, seq],
  );
  return row;
}
