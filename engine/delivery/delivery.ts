import type { Destination, WriteLimits } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import type { Transformed } from '../../model/record/prepared.ts';
import { Sample } from '../../model/record/sample.ts';
import type { BatchRef } from '../../model/sync/batch.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { Confirmed } from '../../platform/ledger/deliveries/confirmed.ts';
import type { DeliveryStart } from '../../platform/ledger/deliveries/delivery-start.ts';
import { recordsOf } from '../batches/prepare.ts';
import type { Dependencies } from '../dependencies.ts';
import { UnclearAnswers } from './unclear-answers.ts';

/** One delivery of one batch by one attempt. */
export interface Delivery {
  readonly ledger: Dependencies['ledger']['deliveries'];
  readonly ref: BatchRef;
  readonly start: DeliveryStart;
  readonly loaded: LoadedSync;
  readonly batch: Transformed;
  readonly destination: Destination;
  /** A guess: hardly any of its records are new. */
  readonly mostlyKnown: boolean;
  /** Of a request, as far as the destination has shown them. */
  limits(): WriteLimits;
  /** Notes that it takes no more than so many records at once. */
  learn(records: number): Promise<void>;
  /** Cancelled or shutting down: nothing new is begun, what is under way is finished, so that little is left in doubt. */
  readonly signal: AbortSignal;
  readonly now: Dependencies['now'];
  readonly log: Dependencies['log'];
  /** Some of what this attempt saw confirmed, to be read back later. */
  readonly sample: Sample<Confirmed>;
  /** Keys that both sides do not agree on: they are looked at before they are sent, and read back afterwards. */
  readonly watched: ReadonlySet<string>;
  /** What the destination will know records by, by position; see `withIdentities`. */
  readonly identities: Map<number, string>;
  /** Keys of this batch that own what they were given, by its name at the destination. */
  readonly claimed: Map<string, string>;
  /** Keys of records that were written over by others. */
  readonly overwritten: Set<string>;
  /** The batch as received, by position. Decoded again from staging: only for records that were refused. */
  received(): Promise<readonly Json[]>;
  /** Notes what this attempt settled, and heartbeats it. */
  settled(confirmed: readonly Confirmed[], rejected: number): void;
  /** Of the step, from 1. */
  readonly attempt: number;
  /** Records that this attempt settled. */
  answered(): number;
  /** Records that were answered without a word of what became of them. */
  readonly unclear: UnclearAnswers;
}

export interface DeliverInput extends BatchRef {
  /** What a person decided of a write in doubt that nothing else can settle: send it again, or count it as done. */
  readonly answer?: 'retry' | 'skip';
  /** Tells this answer from the others to the same batch. */
  readonly answerNumber?: number;
}

export async function watchedOf(
  { ledger }: Dependencies,
  { syncId, unagreed }: DeliveryStart,
  { ready }: Transformed,
): Promise<ReadonlySet<string>> {
  if (!unagreed) return nothingWatched;
  const keys = ready.map(({ key }) => key);
  return ledger.unagreed.among(syncId, keys);
}

const nothingWatched: ReadonlySet<string> = new Set();

/** One delivery of a batch; `watched`: keys on which both sides are known not to agree. */
export function newDelivery(
  deps: Dependencies,
  ref: BatchRef,
  start: DeliveryStart,
  loaded: LoadedSync,
  batch: Transformed,
  watched = nothingWatched,
): Delivery {
  const attempt = deps.attempt();
  let confirmed = 0;
  let rejected = 0;
  const { readBack } = loaded.policy;
  const sampleSize = readBack === 'all' ? Number.POSITIVE_INFINITY : readBack;
  const sample = new Sample<Confirmed>(sampleSize, `${ref.run}/${ref.seq}`, ({ record }) => watched.has(record.key));
  const destination = loaded.openDestination(deps.world);
  let most = Math.min(start.requestRecords ?? Number.POSITIVE_INFINITY, destination.limits.records);
  return {
    ledger: deps.ledger.deliveries,
    ref,
    start,
    loaded,
    batch,
    destination,
    mostlyKnown: !deps.encodeAhead.isWorth(loaded.name),
    limits: () => ({ ...destination.limits, records: most }),
    async learn(records) {
      if (records >= most) return;
      most = records;
      await deps.ledger.deliveries.learnLimit(start, records);
    },
    signal: attempt.signal,
    now: deps.now,
    log: deps.log,
    sample,
    watched,
    identities: new Map(),
    claimed: new Map(),
    overwritten: new Set(),
    received: () => recordsOf(deps, loaded, ref),
    settled(more, less) {
      sample.add(more);
      confirmed += more.length;
      rejected += less;
      attempt.report({ confirmed, rejected, of: batch.ready.length });
    },
    attempt: attempt.number,
    answered: () => confirmed + rejected,
    unclear: new UnclearAnswers(),
  };
}
