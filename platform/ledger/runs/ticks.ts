import type { Pool } from 'pg';
import { isoSecond, query } from '../sql/sql.ts';

/**
 * What came of a tick that began no run. `skipped`: a run of the sync was open. `missed`: nothing was there to begin
 * one, because the schedule was paused or no server was up.
 */
export type TickOutcome = 'skipped' | 'missed';

export interface Tick {
  readonly sync: string;
  /** ISO 8601. */
  readonly at: string;
  readonly outcome: TickOutcome;
  /** The run that was open. */
  readonly run: string | null;
}

export interface TickCounts {
  readonly sync: string;
  readonly skipped: number;
  readonly missed: number;
}

/** Ticks of schedules that began no run, so that none is lost silently. */
export function ledgerTicks(pool: Pool) {
  return {
    /** A tick that found `run` open. Safe to repeat. */
    skipped: (sync: string, at: string, run: string): Promise<unknown> =>
      query(
        pool,
        'noting a skipped tick',
        `insert into ticks (sync_id, at, outcome, run) select id, $2, 'skipped', $3 from syncs where name = $1
         on conflict (sync_id, at) do nothing`,
        [sync, at, run],
      ),

    /** The last tick that is accounted for, or since when ticks count; ISO 8601. Null when none has to be. */
    async accountedUntil(sync: string): Promise<string | null> {
      const rows = await query<{ at: string | null }>(
        pool,
        'reading the last tick',
        `select ${isoSecond(`greatest(s.scheduled_since, (select max(scheduled_for) from runs where sync_id = s.id),
           (select max(at) from ticks where sync_id = s.id))`)} as at
         from syncs s where s.name = $1 and s.scheduled_since is not null`,
        [sync],
      );
      return rows[0]?.at ?? null;
    },

    /** The ticks from `since` until before `until` of which something is known: a run, or why there is none. Sorted. */
    async known(sync: string, since: string, until: string): Promise<readonly string[]> {
      const rows = await query<{ at: string }>(
        pool,
        'reading the ticks',
        `select ${isoSecond('t.at')} as at from (
           select scheduled_for as at from runs where sync_id = (select id from syncs where name = $1)
           union select at from ticks where sync_id = (select id from syncs where name = $1)
         ) t where t.at >= $2 and t.at < $3 order by t.at`,
        [sync, since, until],
      );
      return rows.map(({ at }) => at);
    },

    /** Ticks that have passed, each with the run that was open at its time, if any. Safe to repeat. */
    passed: (sync: string, at: readonly string[]): Promise<unknown> =>
      query(
        pool,
        'noting ticks that passed',
        `insert into ticks (sync_id, at, outcome, run)
         select s.id, t.at, case when o.id is null then 'missed' else 'skipped' end, o.id
         from syncs s cross join unnest($2::timestamptz[]) as t (at)
         left join lateral (select r.id from runs r where r.sync_id = s.id and r.started_at <= t.at
           and coalesce(r.ended_at, now()) > t.at order by r.started_at limit 1) o on true
         where s.name = $1 and not exists (select from runs r where r.sync_id = s.id and r.scheduled_for = t.at)
         on conflict (sync_id, at) do nothing`,
        [sync, at],
      ),

    /** From now on ticks count: the schedule is new, has changed, or is no longer paused. */
    countFromNow: (sync: string): Promise<unknown> =>
      query(
        pool,
        'noting the schedule',
        `insert into syncs (name, scheduled_since) values ($1, now())
         on conflict (name) do update set scheduled_since = now()`,
        [sync],
      ),

    latest: (sync: string, limit: number): Promise<readonly Tick[]> =>
      query<Tick & Record<string, unknown>>(
        pool,
        'reading the ticks',
        `select s.name as sync, ${isoSecond('t.at')} as at, t.outcome, t.run from ticks t join syncs s on s.id = t.sync_id
         where s.name = $1 order by t.at desc limit $2`,
        [sync, limit],
      ),

    counts: (): Promise<readonly TickCounts[]> =>
      query<TickCounts & Record<string, unknown>>(
        pool,
        'counting the ticks',
        `select s.name as sync, count(*) filter (where t.outcome = 'skipped')::int as skipped,
           count(*) filter (where t.outcome = 'missed')::int as missed
         from ticks t join syncs s on s.id = t.sync_id group by s.name order by s.name`,
        [],
      ),
  };
}
