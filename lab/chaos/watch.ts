import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { z } from 'zod';
import { connect, inDoubt } from './evidence.ts';

const EVERY_MS = 150;

const marks = z.array(z.object({ sync: z.string(), mark: z.string() }));

/** Looks into the ledger again and again while everything breaks. */
export class Watch {
  /** Batches of one sync that were in doubt at once, at the most. */
  batchesInDoubt = 0;
  /** The longest time that a sync with an open run did nothing that shows, in milliseconds. */
  longestSilenceMs = 0;
  readonly #seen = new Map<string, { readonly mark: string; readonly sinceMs: number }>();
  #over = false;
  readonly #looking: Promise<void>;

  constructor(databaseUrl: string) {
    this.#looking = this.#lookAgain(databaseUrl);
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.#looking;
  }

  async #lookAgain(databaseUrl: string): Promise<void> {
    let ledger: pg.Client | undefined;
    while (!this.#over) {
      try {
        ledger ??= await connect(databaseUrl, null);
        await this.#look(ledger);
      } catch {
        // PostgreSQL is down just now, or has no tables yet.
        await ledger?.end().catch(() => {});
        ledger = undefined;
      }
      await sleep(EVERY_MS);
    }
    await ledger?.end().catch(() => {});
  }

  async #look(ledger: pg.Client): Promise<void> {
    for (const { batches } of await inDoubt(ledger)) this.batchesInDoubt = Math.max(this.batchesInDoubt, batches);
    const now = performance.now();
    for (const { sync, mark } of await marksOf(ledger)) {
      const before = this.#seen.get(sync);
      if (before?.mark === mark) this.longestSilenceMs = Math.max(this.longestSilenceMs, now - before.sinceMs);
      else this.#seen.set(sync, { mark, sinceMs: now });
    }
  }
}

/** For each sync with an open run something that changes when a step of it writes. */
async function marksOf(ledger: pg.Client): Promise<z.output<typeof marks>> {
  const { rows } = await ledger.query(
    `select s.name as sync, concat_ws(' ', s.holder, s.fence,
       (select concat_ws(' ', count(*), sum(fetch_attempt), sum(records), count(counts)) from syncline.batches b where b.run = s.holder),
       (select concat_ws(' ', count(*), count(decided_at)) from syncline.intents i where i.run = s.holder)) as mark
     from syncline.syncs s where s.holder is not null`,
  );
  return marks.parse(rows);
}

const attempts = z.array(z.object({ sync: z.string(), batches: z.coerce.number(), again: z.coerce.number() }));

/** How a sync read: in how many batches, and in how many attempts beyond the first of each. */
export interface Reading {
  readonly batches: number;
  readonly again: number;
}

/** How each sync read in runs that began since. */
export async function readingsSince(databaseUrl: string, sinceMs: number): Promise<ReadonlyMap<string, Reading>> {
  const ledger = await connect(databaseUrl, null);
  try {
    const { rows } = await ledger.query(
      `select s.name as sync, count(*) as batches, coalesce(sum(b.fetch_attempt - 1), 0) as again
       from syncline.batches b join syncline.runs r on r.id = b.run join syncline.syncs s on s.id = r.sync_id
       where r.started_at > to_timestamp($1::float8 / 1000) group by s.name`,
      [sinceMs],
    );
    return new Map(attempts.parse(rows).map(({ sync, ...reading }) => [sync, reading]));
  } finally {
    await ledger.end();
  }
}
