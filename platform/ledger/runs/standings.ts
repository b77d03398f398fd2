import type { Pool } from 'pg';
import type { RecordVersion } from '../../../model/record/version.ts';
import { isoSecond, query } from '../sql/sql.ts';

/** How a sync stands, beside its runs. Times in ISO 8601. */
export interface Standing {
  readonly sync: string;
  /** A person has paused it: a run that begins waits before its first batch. */
  readonly pausedAt: string | null;
  readonly pauseNote: string | null;
  /** The highest version that a read to the end has reached, less what may still come; null before the first. */
  readonly watermark: RecordVersion | null;
  /** The last run that read its source to the end; `upTo`: when it began. */
  readonly lastGood: {
    readonly run: string;
    readonly status: string;
    readonly at: string;
    readonly upTo: string;
  } | null;
  readonly lastFailure: {
    readonly run: string;
    readonly at: string;
    readonly code: string;
    readonly message: string;
  } | null;
  /** Ticks of its schedule in the last seven days that began no run. */
  readonly idleTicks: { readonly skipped: number; readonly missed: number; readonly last: string } | null;
}

/** The standing of each sync, and the decision of a person that holds it. */
export function ledgerStandings(pool: Pool) {
  return {
    all: (): Promise<readonly Standing[]> =>
      query<Standing & Record<string, unknown>>(
        pool,
        'reading how the syncs stand',
        `select s.name as sync, ${isoSecond('s.paused_at')} as "pausedAt", s.pause_note as "pauseNote", s.watermark,
           g.good as "lastGood", f.failure as "lastFailure",
           t.idle as "idleTicks"
         from syncs s
         left join lateral (
           select jsonb_build_object('run', r.id, 'status', r.status, 'at', ${isoSecond('r.ended_at')}, 'upTo', ${isoSecond('r.started_at')}) as good
           from runs r where r.sync_id = s.id and r.mode in ('incremental', 'full') and r.status in ('succeeded', 'partial')
           order by r.started_at desc limit 1
         ) g on true
         left join lateral (
           select jsonb_build_object('run', r.id, 'at', ${isoSecond('r.ended_at')}, 'code', r.failure_code, 'message', r.failure) as failure
           from runs r where r.sync_id = s.id and r.failure_code is not null order by r.started_at desc limit 1
         ) f on true
         left join lateral (
           select jsonb_build_object('skipped', count(*) filter (where outcome = 'skipped'),
             'missed', count(*) filter (where outcome = 'missed'), 'last', ${isoSecond('max(at)')}) as idle
           from ticks where sync_id = s.id and at > now() - interval '7 days' having count(*) > 0
         ) t on true
         order by s.name`,
        [],
      ),

    /** Says whether it was not paused before. */
    async pause(sync: string, note: string | null): Promise<boolean> {
      const rows = await query(
        pool,
        'pausing the sync',
        `insert into syncs (name, paused_at, pause_note) values ($1, now(), $2)
         on conflict (name) do update set paused_at = now(), pause_note = $2 where syncs.paused_at is null
         returning id`,
        [sync, note],
      );
      return rows.length > 0;
    },

    /** Says whether it was paused. */
    async resume(sync: string): Promise<boolean> {
      const rows = await query(
        pool,
        'resuming the sync',
        'update syncs set paused_at = null, pause_note = null where name = $1 and paused_at is not null returning id',
        [sync],
      );
      return rows.length > 0;
    },
  };
}
