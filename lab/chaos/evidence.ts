import pg from 'pg';
import { z } from 'zod';
import type { ChaosClass } from './chaos-class.ts';
import type { Evidence } from './checker.ts';
import type { Systems } from './control.ts';

const runRows = z.array(
  z.object({
    id: z.string(),
    status: z.string(),
    counts: z.record(z.string(), z.number()).nullable(),
    startedMs: z.coerce.number(),
    endedMs: z.coerce.number().nullable(),
  }),
);
const effects = z.array(z.object({ id: z.string(), version: z.coerce.number(), gone: z.boolean().optional() }));
const keys = z.array(z.object({ key: z.string() }));
const cursors = z.array(z.object({ value: z.coerce.number().nullable() }));
const doubts = z.array(z.object({ sync: z.string(), requests: z.coerce.number(), batches: z.coerce.number() }));

/** What a judgement of one sync needs beside what is true. */
export type Judgement = Pick<Evidence, 'answers' | 'excused' | 'final' | 'emptied'>;

/** Reads the two systems and the public tables of the ledger. Nothing of the engine takes part in it. */
export class Witness {
  readonly #systems: Systems;
  readonly #databaseUrl: string;
  readonly #journals = new Map<ChaosClass, z.output<typeof effects>>();
  readonly #deletions: z.output<typeof effects> = [];

  /** `databaseUrl`: a way to PostgreSQL to which nothing is done. */
  constructor(systems: Systems, databaseUrl: string) {
    this.#systems = systems;
    this.#databaseUrl = databaseUrl;
  }

  /** Effects at all destinations, from the first round on. */
  get effects(): number {
    return [...this.#journals.values()].reduce((sum, journal) => sum + journal.length, 0);
  }

  async gather(about: ReadonlyMap<ChaosClass, Judgement>): Promise<Evidence[]> {
    const ledger = await connect(this.#databaseUrl, null);
    try {
      const truth = await this.#systems.truth();
      append(this.#deletions, await this.#systems.deletions(this.#deletions.length));
      const open = new Map((await inDoubt(ledger)).map(({ sync, requests }) => [sync, requests]));
      const all: Evidence[] = [];
      for (const [promise, judgement] of about) {
        const journal = await this.#journal(promise);
        const doubtful = open.get(promise) ?? 0;
        const said = await saidOf(ledger, promise);
        all.push({ promise, truth, deletions: this.#deletions, journal, doubts: doubtful, ...said, ...judgement });
      }
      return all;
    } finally {
      await ledger.end();
    }
  }

  async #journal(of: ChaosClass): Promise<z.output<typeof effects>> {
    const known = this.#journals.get(of) ?? [];
    this.#journals.set(of, known);
    append(known, of === 't1' ? await this.#warehouse(known.length) : await this.#systems.journal(of, known.length));
    return known;
  }

  async #warehouse(from: number): Promise<z.output<typeof effects>> {
    const warehouse = await connect(this.#databaseUrl, 'yard');
    try {
      const { rows } = await warehouse.query('select id, version, gone from journal order by n offset $1', [from]);
      return effects.parse(rows);
    } finally {
      await warehouse.end();
    }
  }
}

const append = <T>(list: T[], more: readonly T[]): void => {
  for (const one of more) list.push(one);
};

/** What the ledger says of one sync. */
async function saidOf(
  ledger: pg.Client,
  sync: ChaosClass,
): Promise<Pick<Evidence, 'runs' | 'watermark' | 'quarantined'>> {
  const of = async (text: string): Promise<readonly object[]> => (await ledger.query(text, [sync])).rows;
  const ofSync = 'join syncline.syncs s on s.id = r.sync_id where s.name = $1';
  const runs = await of(
    `select r.id, r.status, r.counts, extract(epoch from r.started_at) * 1000 as "startedMs",
       extract(epoch from r.ended_at) * 1000 as "endedMs" from syncline.runs r ${ofSync}`,
  );
  const quarantined = await of(`select distinct key from syncline.quarantine r ${ofSync} and key is not null`);
  const cursor = await of(`select watermark ->> 'value' as value from syncline.syncs where name = $1`);
  return {
    runs: runRows.parse(runs),
    watermark: cursors.parse(cursor)[0]?.value ?? null,
    quarantined: new Set(keys.parse(quarantined).map(({ key }) => key)),
  };
}

/**
 * For each sync the requests whose outcome the ledger does not know, and the batches that they belong to. Deletes are not
 * of a batch (`seq` 0): one that a cancelled run left in doubt waits for the next complete read, while others deliver.
 */
export async function inDoubt(ledger: pg.Client): Promise<z.output<typeof doubts>> {
  const { rows } = await ledger.query(
    `select s.name as sync, count(*) as requests, count(distinct (i.run, i.seq)) filter (where i.seq > 0) as batches
     from syncline.intents i join syncline.runs r on r.id = i.run join syncline.syncs s on s.id = r.sync_id
     where i.state in ('open', 'unknown') group by s.name`,
  );
  return doubts.parse(rows);
}

export async function connect(databaseUrl: string, database: string | null): Promise<pg.Client> {
  const url = new URL(databaseUrl);
  if (database !== null) url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  await client.connect();
  return client;
}
