import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { type Counts, noCounts, unaccounted } from '../../model/batch.ts';
import { SyncFailure } from '../../model/failure.ts';
import type { ReadyRecord, Reject } from '../../model/prepared.ts';
import { fingerprint } from '../../model/transform.ts';
import type { RecordVersion } from '../../model/version.ts';
import { keepTags, ledgerConflicts } from './conflicts.ts';
import { type DeliveryStart, startOf } from './delivery-start.ts';
import { ledgerDoubts } from './doubts.ts';
import { type Intent, intentsOf, ledgerIntents } from './intents.ts';
import { packOrdinals } from './ordinals.ts';
import { type PlannedBatch, plannedBatch, plannedDeletes } from './plans.ts';
import { insertRejects, resolveEntries } from './quarantine.ts';
import { insertRows, renewVersions, upsertRows } from './rows.ts';
import { keepSample } from './samples.ts';
import { holdFence, transaction } from './sql.ts';
import { ledgerVerdicts } from './verdicts.ts';

export interface Confirmed {
  readonly record: ReadyRecord;
  /** The destination's own id; null when it is the key. */
  readonly destinationId: string | null;
  /** The version that the destination gave it; null: it has one and did not say; absent: it has none. */
  readonly tag?: string | null;
}

export interface Outcome {
  readonly confirmed: readonly Confirmed[];
  readonly rejects: readonly Reject[];
  /** Records that the destination has in a newer version. */
  readonly superseded?: number;
  /** Set when the outcome covers only these records of the intent; the others are free to be sent again. */
  readonly only?: readonly number[];
  /** The ledger has no row of any of them. */
  readonly unseen?: boolean;
}

/** The buckets of a batch that only the step knows. */
export interface Remainder {
  readonly filtered: number;
  readonly unchanged: number;
  readonly superseded: number;
  readonly highest: RecordVersion | null;
  /** Some of what was confirmed, to be read back when the run is reconciled. */
  readonly sample: readonly Confirmed[];
  /** As in the verdicts. */
  readonly renewed: boolean;
  /** What the batch had ready; of it, what was not rejected has arrived. */
  readonly ready: readonly ReadyRecord[];
}

export function ledgerDeliveries(pool: Pool) {
  return {
    ...ledgerDoubts(pool),
    ...ledgerConflicts(pool),
    ...ledgerIntents(pool),
    ...ledgerVerdicts(pool),

    /** Remembers how many records the destination takes in one request. */
    learnLimit: (start: DeliveryStart, records: number): Promise<void> =>
      transaction(pool, 'learning a limit', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        await sql.query('update syncs set request_records = $2, request_records_at = now() where id = $1', [
          start.syncId,
          records,
        ]);
      }),

    /** Takes the next fence number for this attempt and tells what earlier attempts left. */
    begin: (run: string, seq: number): Promise<DeliveryStart> =>
      transaction(pool, 'beginning a delivery', async (sql) => {
        const start = await startOf(sql, run);
        const batch = await sql.query<{ state: string; counts: Counts }>(
          'select state, counts from batches where run = $1 and seq = $2',
          [run, seq],
        );
        const row = batch.rows[0];
        if (!row) throw new SyncFailure('STAGING_LOST', `the ledger knows no batch ${seq} of this run`);
        if (row.state === 'delivered') return { ...start, delivered: row.counts, intents: [] };
        return { ...start, delivered: null, intents: await intentsOf(sql, run, seq) };
      }),

    /** What a run that was given a plan may send of a batch; undefined when it was given none. */
    planned: (run: string, seq: number): Promise<PlannedBatch | undefined> => plannedBatch(pool, run, seq),
    plannedDeletes: (run: string): Promise<string | null | undefined> => plannedDeletes(pool, run),

    /** Notes records that were found in the destination in the form that would be sent: nothing was written. */
    noteFound: (start: DeliveryStart, run: string, seq: number, found: readonly Confirmed[]): Promise<void> =>
      transaction(pool, 'noting what was found', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        const records = found.map(({ record }) => record);
        const { rows } = await sql.query<{ id: string }>(
          `insert into intents (request_id, run, seq, state, ordinals, items, confirmed, fingerprint, decided_at)
           values ($1, $2, $3, 'settled', $4, $5, $5, $6, now()) returning id`,
          [
            randomUUID(),
            run,
            seq,
            packOrdinals(records.map(({ ordinal }) => ordinal)),
            records.length,
            fingerprint(records),
          ],
        );
        await upsertRows(sql, start.syncId, rows[0]?.id ?? '', found);
        await keepTags(sql, start.syncId, found);
      }),

    /** Writes the outcome of a request: ledger rows of what is confirmed, quarantine of what is rejected. */
    settle: (start: DeliveryStart, run: string, seq: number, intent: Intent, outcome: Outcome): Promise<void> =>
      transaction(pool, 'writing an outcome', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        await (outcome.unseen ? insertRows : upsertRows)(sql, start.syncId, intent.id, outcome.confirmed);
        await insertRejects(sql, start.syncId, run, seq, outcome.rejects);
        await keepTags(sql, start.syncId, outcome.confirmed);
        await sql.query(
          `update intents set state = 'settled', confirmed = $2, rejected = $3, decided_at = now(),
             ordinals = coalesce($4, ordinals), superseded = $5 where id = $1`,
          [
            intent.id,
            outcome.confirmed.length,
            outcome.rejects.length,
            outcome.only ? packOrdinals(outcome.only) : null,
            outcome.superseded ?? 0,
          ],
        );
      }),

    /**
     * Closes the batch. What was fetched, delivered and set aside is counted from the ledger, not from what the step
     * believes, and has to add up (invariants 1 and 2). Throws CONSERVATION when it does not.
     */
    close: (start: DeliveryStart, run: string, seq: number, rest: Remainder): Promise<Counts> =>
      transaction(pool, 'closing a batch', async (sql) => {
        await holdFence(sql, start.syncId, start.fence);
        const { rows } = await sql.query<{
          fetched: number;
          delivered: number;
          overtaken: number;
          quarantined: number;
        }>(
          `select records as fetched,
             (select coalesce(sum(confirmed), 0)::int from intents where run = $1 and seq = $2) as delivered,
             (select coalesce(sum(superseded), 0)::int from intents where run = $1 and seq = $2) as overtaken,
             (select count(*)::int from quarantine where run = $1 and seq = $2) as quarantined
           from batches where run = $1 and seq = $2`,
          [run, seq],
        );
        const { filtered, unchanged } = rest;
        const { overtaken = 0, ...counted } = rows[0] ?? {};
        const counts: Counts = {
          ...noCounts,
          ...counted,
          filtered,
          unchanged,
          superseded: rest.superseded + overtaken,
        };
        if (unaccounted(counts) !== 0) {
          throw new SyncFailure(
            'CONSERVATION',
            `batch ${seq}: ${JSON.stringify(counts)} leaves ${unaccounted(counts)}`,
          );
        }
        await sql.query(
          `update batches set state = 'delivered', counts = $3, highest = $4, delivered_at = now() where run = $1 and seq = $2`,
          [run, seq, counts, rest.highest],
        );
        await sql.query('update intents set ordinals = null where run = $1 and seq = $2', [run, seq]);
        if (rest.renewed) await renewVersions(sql, start.syncId, rest.ready);
        await keepSample(sql, run, seq, rest.sample);
        if (start.openEntries) await resolveEntries(sql, start.syncId, run, seq, rest.ready);
        return counts;
      }),
  };
}
