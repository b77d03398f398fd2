import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { ReadyRecord, Reject } from '../../../model/record/prepared.ts';
import { fingerprint } from '../../../model/record/transform.ts';
import type { RecordVersion } from '../../../model/record/version.ts';
import { type Counts, noCounts } from '../../../model/sync/batch.ts';
import { refuseUnaccounted } from '../../../model/sync/conservation.ts';
import { insertRejects, resolveEntries } from '../quarantine/quarantine.ts';
import { ledgerOwners, noteOverwritten, type Overwritten } from '../records/owners.ts';
import { type PlannedBatch, plannedBatch, plannedDeletes } from '../records/plans.ts';
import { ledgerRepeats } from '../records/repeats.ts';
import { copyIn, type Statement } from '../sql/copy-in.ts';
import { ask, holdFence, refuseOlder, transaction, writeUnderFence } from '../sql/sql.ts';
import type { Confirmed } from './confirmed.ts';
import { hasTags, keepTags, ledgerConflicts } from './conflicts.ts';
import { copyUnderFence } from './copy-under-fence.ts';
import { beginDelivery, type DeliveryStart } from './delivery-start.ts';
import { ledgerDoubts } from './doubts.ts';
import { ledgerHandOvers } from './hand-overs.ts';
import { type Intent, ledgerIntents } from './intents.ts';
import { packOrdinals } from './ordinals.ts';
import { COPIED_FROM, columnsOf, copyOfRows, renewVersions, upsertRows } from './rows.ts';
import { packSample } from './samples.ts';
import { ledgerVerdicts } from './verdicts.ts';

export interface Outcome {
  readonly confirmed: readonly Confirmed[];
  readonly rejects: readonly Reject[];
  /** Records that the destination has in a newer version. */
  readonly superseded?: number;
  /** Records that were written over what belongs to another one: they are set aside, and that one is sent again. */
  readonly overwrote?: readonly Overwritten[];
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
  /** Some records of the batch, counted as superseded, are decided when all has been read. */
  readonly waits?: boolean;
}

export function ledgerDeliveries(pool: Pool) {
  return {
    ...ledgerDoubts(pool),
    ...ledgerConflicts(pool),
    ...ledgerOwners(pool),
    ...ledgerHandOvers(pool),
    ...ledgerIntents(pool),
    ...ledgerVerdicts(pool),
    ...ledgerRepeats(pool),

    /** Remembers how many records the destination takes in one request. */
    async learnLimit(start: DeliveryStart, records: number): Promise<void> {
      // Not under a shared lock of the row that it writes: two requests that learn at once would wait for each other.
      const learned = await ask(
        pool,
        'learning a limit',
        'update syncs set request_records = $3, request_records_at = now() where id = $1 and fence = $2 returning id',
        [start.syncId, start.fence, records],
      );
      if (learned.length === 0) await holdFence(pool, start.syncId, start.fence);
    },

    /** Whether the sync has ever delivered a record. */
    async anyDelivered(syncId: number): Promise<boolean> {
      const [row] = await ask<{ any: boolean }>(
        pool,
        'looking for a delivered record',
        'select exists (select from ledger where sync_id = $1) as any',
        [syncId],
      );
      return row?.any === true;
    },

    /** Takes the next fence number for this attempt and tells what earlier attempts left. */
    begin: (run: string, seq: number): Promise<DeliveryStart> => beginDelivery(pool, run, seq),

    /** What a run that was given a plan may send of a batch; undefined when it was given none. */
    planned: (run: string, seq: number): Promise<PlannedBatch | undefined> => plannedBatch(pool, run, seq),
    plannedDeletes: (run: string): Promise<string | null | undefined> => plannedDeletes(pool, run),

    /** Notes records that were found in the destination in the form that would be sent: nothing was written. */
    noteFound: (start: DeliveryStart, run: string, seq: number, found: readonly Confirmed[]): Promise<void> =>
      transaction(pool, 'noting what was found', async (sql) => {
        const records = found.map(({ record }) => record);
        await writeUnderFence(
          sql,
          'noting what was found',
          start,
          `noted as (
             insert into intents (request_id, run, seq, state, ordinals, items, confirmed, fingerprint, decided_at)
             select $3, $8, $9, 'settled', $10, $11, $11, $12, now() from writer returning id),
           written as (${upsertRows('noted.id', 'noted')})`,
          [
            randomUUID(),
            ...columnsOf(found),
            run,
            seq,
            packOrdinals(records.map(({ ordinal }) => ordinal)),
            records.length,
            fingerprint(records),
          ],
        );
        await keepTags(sql, start.syncId, found);
      }),

    /** Writes the outcome of a request: ledger rows of what is confirmed, quarantine of what is rejected. */
    async settle(start: DeliveryStart, run: string, seq: number, intent: Intent, outcome: Outcome): Promise<void> {
      const { confirmed, rejects, overwrote = [], unseen = false } = outcome;
      const copy =
        unseen && confirmed.length >= COPIED_FROM ? copyOfRows(start.syncId, intent.id, confirmed) : undefined;
      const values = settledValues(intent, outcome, copy === undefined ? confirmed : []);
      const what = 'writing an outcome';
      if (rejects.length + overwrote.length > 0 || hasTags(confirmed))
        await transaction(pool, what, async (sql) => {
          await writeUnderFence(sql, what, start, settled, values);
          if (copy !== undefined) await copyIn(sql, copy);
          await insertRejects(sql, start.syncId, run, seq, rejects);
          await noteOverwritten(sql, start, run, seq, overwrote);
          await keepTags(sql, start.syncId, confirmed);
        });
      else if (copy !== undefined) await copyUnderFence(pool, what, start, copy, settled, values);
      else await writeUnderFence(pool, what, start, settled, values);
    },

    /**
     * Closes the batch. What was fetched, delivered and set aside is counted from the ledger, not from what the step
     * believes, and has to add up (invariants 1 and 2). Throws CONSERVATION when it does not.
     */
    async close(start: DeliveryStart, run: string, seq: number, rest: Remainder): Promise<Counts> {
      const counts = await countsOf(pool, start, run, seq, rest);
      const sample = await packSample(rest.sample);
      const close = async (sql: Pool | PoolClient) => {
        await writeUnderFence(
          sql,
          'closing a batch',
          start,
          `closed as (
             update batches set state = 'delivered', counts = $5, highest = $6, remainder = $8, delivered_at = now() from writer
             where run = $3 and seq = $4),
           freed as (update intents set ordinals = null from writer where run = $3 and seq = $4),
           sampled as (
             insert into written (run, seq, records) select $3, $4, $7::bytea from writer where $7::bytea is not null
             on conflict do nothing)`,
          [run, seq, counts, rest.highest, sample, rest.waits ? remainderOf(rest) : null],
        );
      };
      if (!rest.renewed && !start.openEntries) await close(pool);
      else
        await transaction(pool, 'closing a batch', async (sql) => {
          await close(sql);
          if (rest.renewed) await renewVersions(sql, start.syncId, rest.ready);
          if (start.openEntries) await resolveEntries(sql, start.syncId, run, seq, rest.ready);
        });
      return counts;
    },
  };
}

const remainderOf = ({ unchanged, superseded }: Remainder) => ({ unchanged, superseded });

/** An intent that is decided, and rows of the ledger: a part of a write under the fence. */
const settled = `settled as (
     update intents set state = 'settled', confirmed = $8, rejected = $9, decided_at = now(),
       ordinals = coalesce($10, ordinals), superseded = $11 from writer where id = $3),
   written as (${upsertRows('$3', 'writer')})`;

const settledValues = (
  intent: Intent,
  { confirmed, rejects, overwrote = [], only, superseded = 0 }: Outcome,
  rows: readonly Confirmed[],
): Statement['values'] => [
  intent.id,
  ...columnsOf(rows),
  confirmed.length,
  rejects.length + overwrote.length,
  only ? packOrdinals(only) : null,
  superseded,
];

/** What a batch comes to, by the ledger's word; nothing of it changes any more but by a newer writer. */
async function countsOf(pool: Pool, start: DeliveryStart, run: string, seq: number, rest: Remainder): Promise<Counts> {
  const [row] = await ask<{
    fence: string;
    fetched: number;
    delivered: number;
    overtaken: number;
    quarantined: number;
  }>(
    pool,
    'counting a batch',
    `select s.fence, b.records as fetched, i.delivered, i.overtaken,
       (select count(*)::int from quarantine where run = $1 and seq = $2) as quarantined
     from batches b join runs r on r.id = b.run join syncs s on s.id = r.sync_id, lateral (
       select coalesce(sum(confirmed), 0)::int as delivered, coalesce(sum(superseded), 0)::int as overtaken
       from intents where run = $1 and seq = $2) i
     where b.run = $1 and b.seq = $2`,
    [run, seq],
  );
  const { fence, overtaken = 0, ...counted } = row ?? {};
  refuseOlder(start.fence, fence);
  const superseded = rest.superseded + overtaken;
  const counts: Counts = { ...noCounts, ...counted, filtered: rest.filtered, unchanged: rest.unchanged, superseded };
  refuseUnaccounted(`batch ${seq}`, counts);
  return counts;
}
