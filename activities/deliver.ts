import { preparedOf } from '../engine/batches/prepare.ts';
import { compare } from '../engine/delivery/changes.ts';
import { type DeliverInput, newDelivery, watchedOf } from '../engine/delivery/delivery.ts';
import { answerTo, settleDoubts } from '../engine/delivery/doubts.ts';
import { settleLeftDoubts } from '../engine/delivery/left-doubts.ts';
import { sendChanged } from '../engine/delivery/send-changed.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import { keepToPlan } from '../engine/plan/keep-to-plan.ts';
import { type RunningSync, runOf } from '../engine/running-sync.ts';
import { versionNotices } from '../engine/sources/version-notices.ts';
import type { BatchRef, Counts } from '../model/sync/batch.ts';
import type { DeliveryStart } from '../platform/ledger/deliveries/delivery-start.ts';
import type { EarlierIntents } from '../platform/ledger/deliveries/verdicts.ts';

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

/**
 * What the batches before this one have sent. Undefined in a run that keeps to a plan: it sends each record with its own
 * batch, as the plan does.
 */
const earlierIntents = ({ planned, firstIntent, intents }: DeliveryStart): EarlierIntents | undefined =>
  planned ? undefined : { first: firstIntent, end: intents[0]?.id ?? null };
