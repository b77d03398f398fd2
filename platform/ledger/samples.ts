import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { Confirmed } from './deliveries.ts';
import { query } from './sql.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** A record that was delivered: its key, the destination's own id (null when that is the key), its JSON. */
export interface Written {
  readonly key: string;
  readonly destinationId: string | null;
  readonly json: string;
}

const stored = z.array(z.tuple([z.string(), z.string().nullable(), z.string()]));

/** Keeps some of what a batch delivered until the run is reconciled: one compressed row. */
export async function keepSample(
  sql: PoolClient,
  run: string,
  seq: number,
  sample: readonly Confirmed[],
): Promise<void> {
  if (sample.length === 0) return;
  const rows = sample.map(({ record, destinationId }) => [record.key, destinationId, record.content.text]);
  const records = await deflate(JSON.stringify(rows), { level: 1 });
  await sql.query('insert into written (run, seq, records) values ($1, $2, $3) on conflict do nothing', [
    run,
    seq,
    records,
  ]);
}

export function ledgerSamples(pool: Pool) {
  return {
    /** The samples of a run, batch by batch. */
    async *ofRun(run: string): AsyncIterable<readonly Written[]> {
      const batches = await query<{ seq: number }>(
        pool,
        'reading the samples',
        'select seq from written where run = $1 order by seq',
        [run],
      );
      for (const { seq } of batches) {
        const [row] = await query<{ records: Buffer }>(
          pool,
          'reading a sample',
          'select records from written where run = $1 and seq = $2',
          [run, seq],
        );
        if (!row) continue;
        const rows = stored.parse(JSON.parse((await inflate(row.records)).toString()));
        yield rows.map(([key, destinationId, json]) => ({ key, destinationId, json }));
      }
    },
  };
}
