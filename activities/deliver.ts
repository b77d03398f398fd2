import { Context } from '@temporalio/activity';
import { preparedOf, recordsOf } from '../engine/batches/prepare.ts';
import { answerTo, settleDoubts } from '../engine/delivery/doubts.ts';
import { sendChanged } from '../engine/delivery/send-changed.ts';
import { UnclearAnswers } from '../engine/delivery/unclear.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import { keepToPlan } from '../engine/plan/keep-to-plan.ts';
import { versionNotices } from '../engine/sources/version-notices.ts';
import type { Destination, WriteItem, WriteLimits } from '../model/connector/connector.ts';
import type { Json } from '../model/record/json.ts';
import type { ReadyRecord, Transformed } from '../model/record/prepared.ts';
import { areTakenBack } from '../model/record/repeats.ts';
import { Sample } from '../model/record/sample.ts';
import type { BatchRef, Counts } from '../model/sync/batch.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import type { Confirmed } from '../platform/ledger/deliveries/deliveries.ts';
import type { DeliveryStart } from '../platform/ledger/deliveries/delivery-start.ts';
import type { EarlierIntents } from '../platform/ledger/deliveries/verdicts.ts';
import type { RepeatedRecord } from '../platform/ledger/records/repeats.ts';
import { reportProgress } from './progress.ts';
import { type RunningSync, runOf } from './run.ts';
import { settleLeftDoubts } from './settle.ts';

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

/**
 * Step 4: sends what differs from the ledger, each request preceded by a durable intent and followed by its outcome.
 * Safe to repeat at any moment: a request in doubt is settled first, by its own replay or by looking it up.
 */
export async function deliverBatch(deps: Dependencies, input: DeliverInput): Promise<Counts> {
  const running = await runOf(deps, input.run);
  return deps.bulkhead.hold(running.loaded.destinationConnection.name, () => deliver(deps, input, running));
}

async function deliver(deps: Dependencies, input: DeliverInput, { facts, loaded }: RunningSync): Promise<Counts> {
  const ref: BatchRef = { run: input.run, seq: input.seq };
  const start = await deps.ledger.deliveries.begin(ref.run, ref.seq);
  if (start.delivered) return start.delivered;
  const decided = await answerTo(deps, start, input);
  await settleLeftDoubts(deps, ref.run, start, decided);
  const batch = (await preparedOf(deps, { facts, loaded }, ref)).transformed;
  const watched = await watchedOf(deps, start, batch);
  const delivery = newDelivery(deps, ref, start, loaded, batch, watched);

  const { known, foundIds } = await settleDoubts(delivery, decided);
  const candidates = known.size === 0 ? batch.ready : batch.ready.filter((record) => !known.has(record.ordinal));
  const earlier = earlierIntents(start);
  const { changed, unchanged, superseded, renewed, repeated } = await compare(delivery, candidates, foundIds, earlier);
  if (repeated.length > 0) await deps.ledger.deliveries.noteRepeats(start, ref.run, ref.seq, repeated);
  deps.encodeAhead.note(loaded.name, changed.length, candidates.length);
  await keepToPlan(delivery, changed);
  await sendChanged(delivery, changed);
  await deps.ledger.notices.note(ref.run, ref.seq, versionNotices(loaded.sync.version, batch.odd));
  const counts = await deps.ledger.deliveries.close(start, ref.run, ref.seq, {
    filtered: batch.filtered,
    unchanged,
    superseded: batch.superseded + superseded + repeated.length,
    renewed,
    highest: batch.highest,
    sample: delivery.sample.records,
    ready: batch.ready,
    waits: repeated.length > 0,
  });
  deps.cache.drop(ref);
  return counts;
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

/**
 * What the batches before this one have sent. Undefined in a run that keeps to a plan: it sends each record with its own
 * batch, as the plan does.
 */
const earlierIntents = ({ planned, firstIntent, intents }: DeliveryStart): EarlierIntents | undefined =>
  planned ? undefined : { first: firstIntent, end: intents[0]?.id ?? null };

export function newDelivery(
  deps: Dependencies,
  ref: BatchRef,
  start: DeliveryStart,
  loaded: LoadedSync,
  batch: Transformed,
  watched = nothingWatched,
): Delivery {
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
    signal: Context.current().cancellationSignal,
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
      reportProgress({ confirmed, rejected, of: batch.ready.length });
    },
    attempt: Context.current().info.attempt,
    answered: () => confirmed + rejected,
    unclear: new UnclearAnswers(),
  };
}

/** A record to send: what the mapping made, and what is known of it at the destination. */
export interface Outgoing extends ReadyRecord, Pick<WriteItem, 'destinationId' | 'exists' | 'tag'> {
  /** The ledger has no row of it. */
  readonly unseen?: boolean;
  /** Its `destinationId` was found, or claimed before: another record may own what it names. */
  readonly unproven?: boolean;
}

/** Field by field: for ten thousand records a spread costs more than all else in the comparison. */
const outgoing = (
  { ordinal, key, version, content, hash, encoded }: ReadyRecord,
  destinationId: string | null,
  known: boolean,
  unseen: boolean,
): Outgoing => ({
  ordinal,
  key,
  version,
  content,
  hash,
  encoded,
  destinationId,
  exists: known || destinationId !== null,
  unseen,
});

interface Compared {
  readonly changed: readonly Outgoing[];
  readonly unchanged: number;
  readonly superseded: number;
  readonly renewed: boolean;
  /** Their keys repeat: they wait until all has been read. */
  readonly repeated: readonly RepeatedRecord[];
}

/**
 * Change detection: what the ledger already has in this form, or in a newer one, is not sent (invariant 5). `earlier`: has
 * repeated keys looked for.
 */
export async function compare(
  delivery: Delivery,
  records: readonly ReadyRecord[],
  foundIds: ReadonlyMap<number, string>,
  earlier?: EarlierIntents,
): Promise<Compared> {
  if (records.length === 0) return { changed: [], unchanged: 0, superseded: 0, renewed: false, repeated: [] };
  const { ledger, start, mostlyKnown } = delivery;
  const found = await ledger.verdicts(start.syncId, records, mostlyKnown, earlier);
  const { letters, destinationIds, renewed, unseen } = found;
  const takenBack = areTakenBack(letters.split('b').length - 1, records.length);
  const changed: Outgoing[] = [];
  const repeated: RepeatedRecord[] = [];
  let unchanged = 0;
  let superseded = 0;
  for (const [index, record] of records.entries()) {
    const letter = letters[index];
    if (letter === 'u') unchanged++;
    else if (letter === 's') superseded++;
    else if (letter === 'r' || letter === 'a' || (letter === 'b' && !takenBack))
      repeated.push({ record, news: letter !== 'r', again: letter === 'a' });
    else {
      const destinationId = foundIds.get(record.ordinal) ?? destinationIds[index] ?? null;
      const one = outgoing(record, destinationId, letter !== 'n', unseen);
      changed.push(letter === 't' || foundIds.has(record.ordinal) ? { ...one, unproven: true } : one);
    }
  }
  return { changed, unchanged, superseded, renewed, repeated };
}
