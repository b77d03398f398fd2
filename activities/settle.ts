import type { DeliverInput } from '../engine/delivery/delivery.ts';
import { answerTo } from '../engine/delivery/doubts.ts';
import { settleLeftDoubts } from '../engine/delivery/left-doubts.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import { runOf } from '../engine/running-sync.ts';

/**
 * Before a run's first batch: settles what earlier runs left in doubt, whatever this one is going to read, and if it is
 * nothing. Safe to repeat. `seq` is 0: batches count from 1.
 */
export async function settleLeft(deps: Dependencies, input: DeliverInput): Promise<void> {
  const { loaded } = await runOf(deps, input.run);
  await deps.bulkhead.hold(loaded.destinationConnection.name, async () => {
    const start = await deps.ledger.deliveries.beginLeft(input.run);
    await settleLeftDoubts(deps, input.run, start, await answerTo(deps, start, input));
  });
}
