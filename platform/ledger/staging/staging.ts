import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliCompressSync, brotliDecompress, constants, inflateRaw } from 'node:zlib';
import type { Pool } from 'pg';
import type { Position } from '../../../model/connector/connector.ts';
import { SyncFailure } from '../../../model/failure/failure.ts';
import { ask, query } from '../sql/sql.ts';

const compress = promisify(brotliCompress);
/** By what the row says of its form: pages of runs that began under an older build are deflated. */
const decompress = { brotli: promisify(brotliDecompress), deflate: promisify(inflateRaw) };

/** What is known of a batch when its fetch begins, on a first attempt and on any later one. */
export interface FetchStart {
  /** The number that this attempt stages under; every older one is refused from now on. */
  readonly attempt: number;
  readonly closed: FetchedBatch | null;
  /** Where to go on: after the last durable part, or after the batch before. */
  readonly position: Position | null;
  readonly parts: number;
  readonly records: number;
  readonly bytes: number;
  /** The ledger's clock, in ms since 1970. */
  readonly nowMs: number;
}

export interface FetchedBatch {
  readonly records: number;
  readonly bytes: number;
  /** The source has no more. */
  readonly complete: boolean;
}

export interface StagedPart {
  readonly part: number;
  readonly records: number;
  readonly body: Buffer;
  /** The clock of the source when it gave the page. */
  readonly asOfMs: number;
  readonly positionAfter: Position | null;
}

/** A page as received. */
export interface LoadedPart {
  readonly body: Buffer;
  /** Endless for what an older build staged: it looked at no clock. */
  readonly asOfMs: number;
}

interface Taken {
  readonly attempt: number;
  readonly state: string;
  readonly records: number;
  readonly bytes: string;
  readonly complete: boolean;
  /** Where the batch before it ended. */
  readonly before: Position | null;
  readonly nowMs: number;
}

interface StoredPart {
  readonly part: number;
  readonly checksum: string;
  readonly body: Buffer;
  readonly form: 'brotli' | 'deflate';
  readonly asOfMs: number | null;
}

/** A whole page as a rule: each piece of an answer costs a turn of the event loop. */
const COMPRESSED_AT_ONCE = 256 * 1024;

/** The fastest: half the processor time of deflate at its fastest, a tenth more bytes. A page repeats itself within 256 KB. */
const fastest = { [constants.BROTLI_PARAM_QUALITY]: 0, [constants.BROTLI_PARAM_LGWIN]: 18 };

const checksum = (body: Buffer): string => hash('sha256', body, 'hex').slice(0, 32);

export function ledgerStaging(pool: Pool) {
  const begun = new WeakMap<Buffer, Promise<Buffer>>();
  return {
    /** Compresses a page that is about to be staged, beside whatever is done to it before. */
    compressAhead(body: Buffer): void {
      if (body.length < SMALL_PAGE) return;
      const compressing = compressed(body);
      compressing.catch(() => {});
      begun.set(body, compressing);
    },

    /**
     * Takes the next number for this attempt, so that a part of an older one is refused from now on. The attempts that
     * Temporal counts would not do: after a person's `retry` they begin at 1 again.
     */
    async beginFetch(run: string, seq: number): Promise<FetchStart> {
      const [batch] = await ask<Taken & Record<string, unknown>>(
        pool,
        'beginning a fetch',
        `with held as (${heldRun})
         insert into batches as b (run, seq, state, fetch_attempt) select $1, $2, 'fetching', 1 from held
         on conflict (run, seq) do update set fetch_attempt = b.fetch_attempt + 1
         returning fetch_attempt as attempt, state, records, bytes, complete,
           (select position_after from batches where run = $1 and seq = $2 - 1) as before,
           (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs"`,
        [run, seq],
      );
      if (!batch) throw notHeld();
      const { attempt, before, nowMs } = batch;
      if (batch.state !== 'fetching') {
        const closed = { records: batch.records, bytes: Number(batch.bytes), complete: batch.complete };
        return { attempt, nowMs, closed, position: null, parts: 0, records: 0, bytes: 0 };
      }
      const nothing = { attempt, nowMs, closed: null, position: before, parts: 0, records: 0, bytes: 0 };
      // The first to fetch it finds nothing staged.
      if (attempt === 1) return nothing;
      const [so] = await query<{ parts: number; records: number; bytes: number; position: Position | null }>(
        pool,
        'beginning a fetch',
        `select count(*)::int as parts, coalesce(sum(records), 0)::int as records, coalesce(sum(bytes), 0)::int as bytes,
           (array_agg(position_after order by part desc))[1] as position from staged where run = $1 and seq = $2`,
        [run, seq],
      );
      return so && so.parts > 0 ? { ...nothing, ...so } : nothing;
    },

    /** Makes one page durable. Refused with FENCED when a newer attempt has begun or the run is no longer the holder. */
    async stage(run: string, seq: number, attempt: number, part: StagedPart): Promise<void> {
      const body = await (begun.get(part.body) ?? compressed(part.body));
      const inserted = await ask(
        pool,
        'staging a page',
        `insert into staged (run, seq, part, records, bytes, checksum, position_after, body, form, as_of)
         select $1, $2, $3, $4, $5, $6, $7, $8, 'brotli', $10
         from batches b join runs r on r.id = b.run join syncs s on s.id = r.sync_id and s.holder = r.id
         where b.run = $1 and b.seq = $2 and b.fetch_attempt = $9 and b.state = 'fetching'
         for share of b, s returning part`,
        [
          run,
          seq,
          part.part,
          part.records,
          part.body.length,
          checksum(body),
          JSON.stringify(part.positionAfter),
          body,
          attempt,
          part.asOfMs,
        ],
      );
      if (inserted.length === 0)
        throw new SyncFailure('FENCED', `a newer attempt fetches batch ${seq}, or the run has ended`);
    },

    /**
     * Closes a fetch; with `readsAgain` the next batch begins the read again. Throws CURSOR_LOOP when the batch ends where an earlier batch of the run had ended. Refused with
     * FENCED when a newer attempt has begun: that one may end the batch elsewhere.
     */
    async closeFetch(
      run: string,
      seq: number,
      attempt: number,
      batch: FetchedBatch,
      positionAfter: Position | null,
      readsAgain = false,
    ): Promise<void> {
      const [row] = await ask<{ held: boolean; loop: number | null; closed: boolean }>(
        pool,
        'closing a fetch',
        `with held as (${heldRun}),
           loop as (select seq from batches where run = $1 and seq < $2 and position_after = $6::jsonb and not $5 limit 1),
           closed as (
             update batches set state = 'fetched', records = $3, bytes = $4, complete = $5, position_after = $6::jsonb,
               reads_again = $8, fetched_at = now(),
               as_of = (select as_of from staged where run = $1 and seq = $2 and part = 0)
             from held where run = $1 and seq = $2 and state = 'fetching' and fetch_attempt = $7
               and not exists (select from loop)
             returning seq)
         select exists (select from held) as held, (select seq from loop) as loop, exists (select from closed) as closed`,
        [run, seq, batch.records, batch.bytes, batch.complete, JSON.stringify(positionAfter), attempt, readsAgain],
      );
      if (!row?.held) throw notHeld();
      if (row.loop !== null)
        throw new SyncFailure('CURSOR_LOOP', `batch ${seq} ends where batch ${row.loop} had ended`);
      if (!row.closed) throw new SyncFailure('FENCED', `a newer attempt fetches batch ${seq}`);
    },

    /** The pages of a batch as received. Throws STAGING_LOST when one is missing or damaged. */
    async load(run: string, seq: number): Promise<readonly LoadedPart[]> {
      const parts = await query<StoredPart & Record<string, unknown>>(
        pool,
        'reading staged pages',
        'select part, checksum, body, form, as_of as "asOfMs" from staged where run = $1 and seq = $2 order by part',
        [run, seq],
      );
      return Promise.all(
        parts.map(async ({ part, checksum: stored, body, form, asOfMs }, index) => {
          if (part !== index || checksum(body) !== stored.replaceAll('-', '')) {
            throw new SyncFailure('STAGING_LOST', `page ${index} of batch ${seq} is missing or damaged`);
          }
          return { body: await decompress[form](body), asOfMs: asOfMs ?? Number.POSITIVE_INFINITY };
        }),
      );
    },
  };
}

/** One row while the run holds its sync (invariant 7), which nobody takes from it meanwhile. */
const heldRun = 'select from syncs s join runs r on r.sync_id = s.id where r.id = $1 and s.holder = $1 for share of s';

const notHeld = () => new SyncFailure('HOLD_LOST', 'this run no longer holds its sync');

/** Handing a small page to a thread takes longer than compressing it. With its size known, little memory is asked for it. */
const compressed = async (body: Buffer): Promise<Buffer> =>
  body.length < SMALL_PAGE
    ? brotliCompressSync(body, { params: { ...fastest, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } })
    : compress(body, { params: fastest, chunkSize: COMPRESSED_AT_ONCE });

const SMALL_PAGE = 16 * 1024;
