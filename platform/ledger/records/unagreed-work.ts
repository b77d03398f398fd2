import type { Pool } from 'pg';
import { NO_HASH } from '../deletes/extras.ts';
import { isoTime, query } from '../sql/sql.ts';

/** A record that is not agreed, or that a person has given up, as it is shown. */
export interface UnagreedEntry {
  readonly key: string;
  readonly finding: Finding;
  /** How often this content was sent and found so. */
  readonly times: number;
  readonly run: string;
  /** ISO 8601. */
  readonly foundAt: string;
  readonly givenUpAt: string | null;
  readonly reason: string | null;
}

/** What people see of records that both sides do not agree on, and decide. */
export const unagreedWork = (pool: Pool) => ({
  /**
   * Everything was compared, and both sides agree. `as stored`: with what the destination noted of its rows, which does not
   * say whether it had changed what it was sent.
   */
  async allAgreed(sync: string, compared: 'as sent' | 'as stored'): Promise<void> {
    const all = compared === 'as sent';
    await query(
      pool,
      'noting that both sides agree',
      `with found as (select id from syncs where name = $1),
       forgotten as (delete from altered a using found where a.sync_id = found.id and $2)
       delete from unagreed u using found
       where u.sync_id = found.id and u.given_up_at is null and ($2 or u.finding = 'missing')`,
      [sync, all],
    );
  },

  /**
   * A person leaves records as they are at the destination, all that are not agreed or these: they count as delivered, and
   * the reason is kept until their content changes. Answers how many.
   */
  async giveUp(sync: string, keys: readonly string[] | null, reason: string): Promise<number> {
    const rows = await query(
      pool,
      'giving up what is not agreed',
      `with given_up as (
         update unagreed u set given_up_at = now(), reason = $3, written = null from syncs s
         where s.name = $1 and u.sync_id = s.id and u.given_up_at is null and ($2::text[] is null or u.key = any ($2))
         returning u.sync_id, u.key, u.hash),
       restored as (
         update ledger l set hash = g.hash from given_up g where l.sync_id = g.sync_id and l.key = g.key and l.hash = $4)
       select from given_up`,
      [sync, keys, reason, NO_HASH],
    );
    return rows.length;
  },

  /** Which records are not agreed: all, or of these. */
  async openKeys(sync: string, keys: readonly string[] | null): Promise<readonly string[]> {
    const rows = await query<{ key: string }>(
      pool,
      'reading what is not agreed',
      `select u.key from unagreed u join syncs s on s.id = u.sync_id
       where s.name = $1 and u.given_up_at is null and ($2::text[] is null or u.key = any ($2)) order by u.key`,
      [sync, keys],
    );
    return rows.map(({ key }) => key);
  },

  /** What is not agreed of a sync, or was given up, of all records or of one: what was found last comes first. */
  list: (sync: string, limit: number, key: string | null = null): Promise<readonly UnagreedEntry[]> =>
    query<UnagreedEntry & Record<string, unknown>>(
      pool,
      'reading what is not agreed',
      `select u.key, u.finding, u.times, u.run, ${isoTime('u.found_at')} as "foundAt",
         ${isoTime('u.given_up_at')} as "givenUpAt", u.reason
       from unagreed u join syncs s on s.id = u.sync_id where s.name = $1 and ($3::text is null or u.key = $3) order by u.found_at desc, u.key limit $2`,
      [sync, limit, key],
    ),
});

/** What reading back found of a record that the destination had confirmed. */
export type Finding = 'missing' | 'different';
