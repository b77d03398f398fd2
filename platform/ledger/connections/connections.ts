import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { SyncFailure } from '../../../model/failure/failure.ts';
import {
  type ConnectionState,
  connectionStateSchema,
  type StateStore,
  untouched,
} from '../../outbound/limits/state.ts';
import { query } from '../sql/sql.ts';
import { StoreClock } from '../sql/store-clock.ts';

interface Known {
  readonly version: string;
  readonly state: ConnectionState;
}

interface Row {
  readonly version: string;
  readonly state: unknown;
  readonly now_ms: number;
}

const NOW = 'extract(epoch from clock_timestamp()) * 1000';
/** Another worker was faster so many times: then something is wrong. */
const MAX_ATTEMPTS = 50;

/**
 * The state of connections, shared by every worker: read, decided, and written if nobody wrote in between. What was
 * last seen is tried first, so that a worker that is alone pays one question per change.
 */
export function ledgerConnections(pool: Pool): StateStore & {
  /** Every connection of which something is known. */
  all(): Promise<ReadonlyMap<string, { readonly state: ConnectionState; readonly nowMs: number }>>;
} {
  const known = new Map<string, Known>();
  const clock = new StoreClock();
  const turns = new Map<string, Promise<unknown>>();

  async function ask(text: string, values: readonly unknown[]): Promise<Row | undefined> {
    const askedMs = performance.now();
    const [row] = await query<Row>(pool, 'sharing the limits of a connection', text, values);
    if (row) clock.heard({ storeMs: Number(row.now_ms), askedMs, answeredMs: performance.now() });
    return row;
  }

  async function read(connection: string): Promise<Known> {
    // The first question opens a connection, which takes too long to tell the time by.
    if (!clock.isSet) await query(pool, 'sharing the limits of a connection', 'select 1');
    const found = await ask(`select version, state, ${NOW} as now_ms from connections where name = $1`, [connection]);
    const row =
      found ??
      (await ask(
        `insert into connections (name, state) values ($1, $2)
         on conflict (name) do update set name = excluded.name returning version, state, ${NOW} as now_ms`,
        [connection, JSON.stringify(untouched)],
      ));
    if (!row) throw new SyncFailure('INTERNAL', 'the state of a connection was not stored', { effect: 'none' });
    // A state that another version of the engine wrote begins anew: limits are learnt again, a breaker opens again.
    const parsed = connectionStateSchema.safeParse(row.state);
    return { version: row.version, state: parsed.success ? parsed.data : untouched };
  }

  async function write(connection: string, { version }: Known, state: ConnectionState): Promise<Known | undefined> {
    const row = await ask(
      `update connections set state = $3, version = version + 1, at = now()
       where name = $1 and version = $2 returning version, null as state, ${NOW} as now_ms`,
      [connection, version, JSON.stringify(state)],
    );
    return row && { version: row.version, state };
  }

  async function changed<T>(
    connection: string,
    decide: (state: ConnectionState, nowMs: number) => { state: ConnectionState; answer: T },
  ): Promise<T> {
    let seen = known.get(connection);
    let isFresh = false;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (seen === undefined) {
        seen = await read(connection);
        isFresh = true;
      }
      const { state, answer } = decide(seen.state, clock.at(performance.now()));
      if (state !== seen.state) {
        const next = await write(connection, seen, state);
        if (next) {
          known.set(connection, next);
          return answer;
        }
        if (attempt > 2) await sleep(Math.random() * 5 * attempt);
      } else if (isFresh) {
        known.set(connection, seen);
        return answer;
      }
      seen = undefined;
    }
    throw new SyncFailure('LEDGER_UNAVAILABLE', 'the limits of a connection could not be shared', { effect: 'none' });
  }

  return {
    change(connection, decide) {
      const turn = (turns.get(connection) ?? Promise.resolve()).then(() => changed(connection, decide));
      turns.set(
        connection,
        turn.catch(() => {}),
      );
      return turn;
    },
    async all() {
      const rows = await query<Row & { name: string }>(
        pool,
        'reading the state of the connections',
        `select name, version, state, ${NOW} as now_ms from connections order by name`,
      );
      return new Map(
        rows.flatMap(({ name, state, now_ms }) => {
          const parsed = connectionStateSchema.safeParse(state);
          return parsed.success ? [[name, { state: parsed.data, nowMs: Number(now_ms) }] as const] : [];
        }),
      );
    },
  };
}
