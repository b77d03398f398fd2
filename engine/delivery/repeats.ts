import { NewestOccurrence, type Occurrence } from '../../model/record/repeats.ts';
import type { DeliveryStart } from '../../platform/ledger/deliveries/delivery-start.ts';
import type { Dependencies } from '../dependencies.ts';
import { runOf } from '../running-sync.ts';
import { deliverLate } from './deliver-late.ts';
import { type AnsweredRun, answerTo, LATE } from './doubts.ts';

/** Keys that are decided at once. */
const KEYS = 10_000;

/**
 * When everything has been read: of the records of one key, which waited since their key repeats, the one that would stay
 * if they were in one batch is delivered, and the others are passed over (invariant 5). What the ledger has already is not
 * sent, so that a source that did not change gives nothing to write. Safe to repeat.
 */
export async function decideRepeats(deps: Dependencies, input: AnsweredRun): Promise<void> {
  const { run } = input;
  const { deliveries } = deps.ledger;
  const { undecided, undelivered } = await deliveries.repeatsLeft(run);
  if (!undecided && !undelivered) return;
  const running = await runOf(deps, run);
  await deps.bulkhead.hold(running.loaded.destinationConnection.name, async () => {
    const start = await deliveries.beginLeft(run);
    const answer = await answerTo(deps, start, { ...input, seq: LATE });
    if (undecided) await choose(deps, start, run, running.facts.mode === 'full');
    for (const seq of await deliveries.batchesOfChosen(run)) {
      const chosen = await deliveries.chosenOf(run, seq);
      const { unchanged, superseded, renewed, sample } = await deliverLate(
        deps,
        running,
        { start, answer },
        { run, seq },
        chosen,
      );
      const counts = { chosen: chosen.size, unchanged, superseded };
      await deliveries.closeLate(start, run, seq, { counts, sample, renewed });
    }
  });
}

async function choose(
  { ledger: { deliveries } }: Dependencies,
  start: DeliveryStart,
  run: string,
  whole: boolean,
): Promise<void> {
  const newest = new NewestOccurrence();
  let chosen: Occurrence[] = [];
  for await (const occurrence of deliveries.repeated(run)) {
    const before = newest.add(occurrence);
    if (before) chosen.push(before);
    if (chosen.length < KEYS) continue;
    await deliveries.choose(start, run, chosen);
    chosen = [];
  }
  if (newest.last) chosen.push(newest.last);
  await deliveries.choose(start, run, chosen);
  await deliveries.chosen(start, run, whole);
}
