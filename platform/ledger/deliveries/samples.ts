import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib';
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { BatchRef } from '../../../model/sync/batch.ts';
import { ask, query } from '../sql/sql.ts';
import type { Confirmed } from './confirmed.ts';

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);
const inflated = (packed: Buffer) => (packed.length < SMALL / 4 ? inflateRawSync(packed) : inflate(packed));

/** A record that was delivered: its key, the destination's own id (null when that is the key), its JSON. */
export interface Written {
  readonly key: string;
  readonly destinationId: string | null;
  readonly json: string;
}

/** Handing fewer bytes to a thread takes longer than compressing them. */
const SMALL = 16 * 1024;
/** Memory for a large text, asked for each small one, brings on full collections of garbage. */
const sparing = { level: 1, windowBits: 12, memLevel: 4 };

const stored = z.array(z.tuple([z.string(), z.string().nullable(), z.string()]));

/** Some of what a batch delivered, as it is kept until the run is reconciled: one compressed row. Null: nothing. */
export async function packSample(sample: readonly Confirmed[]): Promise<Buffer | null> {
  return sample.length === 0 ? null : pack(sample.map(rowOf));
}

type Row = z.output<typeof stored>[number];

const rowOf = ({ record, destinationId }: Confirmed): Row => [record.key, destinationId, record.content.text];

/** Adds to the sample of a batch what was delivered after it was closed. */
export async function addToSample(
  sql: PoolClient,
  run: string,
  seq: number,
  sample: readonly Confirmed[],
): Promise<void> {
  if (sample.length === 0) return;
  const { rows } = await sql.query<{ records: Buffer }>('select records from written where run = $1 and seq = $2', [
    run,
    seq,
  ]);
  const before = rows[0] ? await unpack(rows[0].records) : [];
  await sql.query(
    `insert into written (run, seq, records) values ($1, $2, $3)
     on conflict (run, seq) do update set records = excluded.records`,
    [run, seq, await pack([...before, ...sample.map(rowOf)])],
  );
}

const unpack = async (packed: Buffer): Promise<readonly Row[]> =>
  stored.parse(JSON.parse((await inflated(packed)).toString()));

function pack(rows: readonly Row[]): Buffer | Promise<Buffer> {
  const text = JSON.stringify(rows);
  return text.length < SMALL ? deflateRawSync(text, sparing) : deflate(text, { level: 1 });
}

export function ledgerSamples(pool: Pool) {
  return {
    /** What was written and not read back yet, batch by batch: by the open run, and by those that ended before they could. */
    async *ofSync(syncId: number): AsyncIterable<BatchRef & { readonly sample: readonly Written[] }> {
      const batches = await query<{ run: string; seq: number }>(
        pool,
        'reading the samples',
        `select w.run, w.seq from written w join runs r on r.id = w.run where r.sync_id = $1 order by r.started_at, w.seq`,
        [syncId],
      );
      for (const { run, seq } of batches) {
        const [row] = await ask<{ records: Buffer }>(
          pool,
          'reading a sample',
          'select records from written where run = $1 and seq = $2',
          [run, seq],
        );
        if (!row) continue;
        const rows = await unpack(row.records);
        yield { run, seq, sample: rows.map(([key, destinationId, json]) => ({ key, destinationId, json })) };
      }
    },
  };
}
