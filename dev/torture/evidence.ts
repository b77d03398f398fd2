import pg from 'pg';
import { z } from 'zod';
import type { Evidence } from './checker.ts';
import type { Systems } from './control.ts';
import type { YardClass } from './project.ts';

const runRows = z.array(
  z.object({
    id: z.string(),
    status: z.string(),
    counts: z.record(z.string(), z.number()).nullable(),
    startedMs: z.coerce.number(),
    endedMs: z.coerce.number().nullable(),
  }),
);
const effects = z.array(z.object({ id: z.string(), version: z.coerce.number() }));

/** Reads the two systems and the tables of the ledger that are public. Nothing of the engine takes part in it. */
export async function gather(
  promise: YardClass,
  systems: Systems,
  databaseUrl: string,
  rest: Pick<Evidence, 'answers' | 'final'>,
): Promise<Evidence> {
  const ledger = await connect(databaseUrl, null);
  try {
    const of = async (text: string): Promise<readonly object[]> => (await ledger.query(text, [promise])).rows;
    const sync = 'join syncline.syncs s on s.id = r.sync_id where s.name = $1';
    const runs = await of(
      `select r.id, r.status, r.counts, extract(epoch from r.started_at) * 1000 as "startedMs",
         extract(epoch from r.ended_at) * 1000 as "endedMs" from syncline.runs r ${sync}`,
    );
    const quarantined = await of(`select distinct key from syncline.quarantine r ${sync} and key is not null`);
    const doubts = await of(
      `select 1 from syncline.intents i join syncline.runs r on r.id = i.run ${sync} and i.state in ('open', 'unknown')`,
    );
    const cursors = await of(`select watermark ->> 'value' as value from syncline.syncs where name = $1`);
    const cursor = z.array(z.object({ value: z.coerce.number().nullable() })).parse(cursors)[0]?.value ?? null;
    return {
      promise,
      truth: await systems.truth(),
      journal: promise === 't1' ? await warehouseJournal(databaseUrl) : await systems.journal(promise),
      runs: runRows.parse(runs),
      watermark: cursor,
      quarantined: new Set(
        z
          .array(z.object({ key: z.string() }))
          .parse(quarantined)
          .map(({ key }) => key),
      ),
      doubts: doubts.length,
      ...rest,
    };
  } finally {
    await ledger.end();
  }
}

async function warehouseJournal(databaseUrl: string): Promise<z.output<typeof effects>> {
  const warehouse = await connect(databaseUrl, 'yard');
  try {
    return effects.parse((await warehouse.query('select id, version from journal order by n')).rows);
  } finally {
    await warehouse.end();
  }
}

export async function connect(databaseUrl: string, database: string | null): Promise<pg.Client> {
  const url = new URL(databaseUrl);
  if (database !== null) url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => {});
  await client.connect();
  return client;
}
