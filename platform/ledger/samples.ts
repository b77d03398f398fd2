import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRaw } from 'node:zlib';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Confirmed } from './deliveries.ts';
import { ask } from './sql.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** A record that was delivered: its key, the destination's own id (null when that is the key), its JSON. */
export interface Written {
  readonly key: string;
  readonly destinationId: string | null;
  readonly json: string;
}

/** Handing so few bytes to a thread takes longer than compressing them. */
const COMPRESSED_AT_ONCE = 16 * 1024;

const stored = z.array(z.tuple([z.string(), z.string().nullable(), z.string()]));

/** Some of what a batch delivered, as it is kept until the run is reconciled: one compressed row. Null: nothing. */
export async function packSample(sample: readonly Confirmed[]): Promise<Buffer | null> {
  if (sample.length === 0) return null;
  const rows = sample.map(({ record, destinationId }) => [record.key, destinationId, record.content.text]);
  const text = JSON.stringify(rows);
  return text.length < COMPRESSED_AT_ONCE ? deflateRawSync(text, { level: 1 }) : deflate(text, { level: 1 });
}

export function ledgerSamples(pool: Pool) {
  return {
    /** The samples of a run, batch by batch. */
    async *ofRun(run: string): AsyncIterable<readonly Written[]> {
      const batches = await ask<{ seq: number }>(
        pool,
        'reading the samples',
        'select seq from written where run = $1 order by seq',
        [run],
      );
      for (const { seq } of batches) {
        const [row] = await ask<{ records: Buffer }>(
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
