import type { Pool } from 'pg';
import { type EpochUnit, isAfter, type RecordVersion, type SentAgain } from '../../../model/record/version.ts';
import { writtenVersion } from '../../../model/version/version-form.ts';
import { counting, highestAt, isBeyond, lessOverlap } from '../../../model/version/watermark.ts';
import { SENT_AGAIN } from '../records/unagreed.ts';
import { ask, query } from '../sql/sql.ts';

/** What is stored of where a sync has read to, and the ledger's clock. */
export interface KnownOfSync {
  readonly id: number;
  readonly watermark: RecordVersion | null;
  /** What the next run sends again, whatever it is at the source. */
  readonly again: SentAgain | null;
  /** In ms since 1970. */
  readonly nowMs: number;
}

/** Columns of `syncs`. */
export const KNOWN_OF_SYNC = `id, watermark, (${SENT_AGAIN}) as again,
  (extract(epoch from now()) * 1000)::float8 as "nowMs"`;

export interface UsableWatermark {
  readonly watermark: RecordVersion | null;
  /** What was stored, where it lies beyond the clock: it hid what changed since. */
  readonly ahead: RecordVersion | null;
}

/** The watermark as a read can go on from it: where the stored one lies beyond the clock, the latest kept that does not. */
export async function usableWatermark(
  pool: Pool,
  { id, watermark, nowMs }: KnownOfSync,
  epoch: EpochUnit | undefined,
): Promise<UsableWatermark> {
  const stored = watermark && counting(watermark, epoch);
  if (stored === null || !isBeyond(stored, nowMs)) return { watermark: stored, ahead: null };
  const [kept] = await ask<{ watermark: RecordVersion }>(
    pool,
    'looking for a watermark before the clock',
    `select watermark from watermarks
     where sync_id = $1 and watermark->>'kind' = $2 and (watermark->>'value')::float8 <= $3 order by at desc limit 1`,
    [id, stored.kind, highestAt(stored, nowMs)],
  );
  return { watermark: kept ? counting(kept.watermark, epoch) : null, ahead: stored };
}

/** Versions of delivered records beyond the clock: whatever comes after them would seem older, and never be delivered. */
export async function forgetVersionsBeyond(
  pool: Pool,
  { id, nowMs }: KnownOfSync,
  ahead: RecordVersion,
): Promise<void> {
  await query(
    pool,
    'forgetting versions beyond the clock',
    'update ledger set version = null where sync_id = $1 and version > $2::float8',
    [id, highestAt(ahead, nowMs)],
  );
}

/**
 * Where an incremental read begins: the watermark less the overlap, in the form in which the source writes its versions.
 * The overlap re-reads what was committed late; the ledger recognises it as unchanged. Numbers that only rise have no
 * time to take it from: there it goes back to where the watermark stood so long before the last run that read to the
 * end began, as whatever is committed later got its number later. Null when it stood nowhere yet: everything is read.
 */
export async function overlapStart(
  pool: Pool,
  syncId: number,
  watermark: RecordVersion,
  overlapMs: number,
): Promise<string | number | null> {
  const earlier = lessOverlap(watermark, overlapMs);
  if (earlier !== undefined) return writtenVersion(earlier);
  const [then] = await ask<{ watermark: RecordVersion }>(
    pool,
    'looking for where the watermark stood',
    `select w.watermark from watermarks w, (
       select r.started_at from watermarks k join runs r on r.id = k.run where k.sync_id = $1 order by k.at desc limit 1) last
     where w.sync_id = $1 and w.at <= last.started_at - $2 * interval '1 ms' and w.watermark->>'kind' = 'number'
     order by w.at desc limit 1`,
    [syncId, overlapMs],
  );
  if (then === undefined) return null;
  return writtenVersion(isAfter(then.watermark, watermark) ? watermark : then.watermark);
}
