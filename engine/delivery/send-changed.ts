import { chunksOf, eachAtMost } from './chunks.ts';
import { withTags } from './conflicts.ts';
import type { Delivery } from './delivery.ts';
import { lookFirst } from './look-first.ts';
import type { Outgoing } from './outgoing.ts';
import { withoutFoundTaken, withoutTaken } from './owners.ts';
import { send } from './send.ts';
import { settleUnclear } from './settle-unclear.ts';

/** Sends what differs from the ledger, but for what is another's or is there already, until each outcome is known. */
export async function sendChanged(delivery: Delivery, changed: readonly Outgoing[]): Promise<void> {
  const { ledger, start, destination, overwritten } = delivery;
  const unknown = await lookFirst(delivery, await withoutTaken(delivery, changed));
  const owned = await withoutFoundTaken(delivery, await withTags(delivery, unknown));
  const outgoing = chunksOf(owned, delivery.limits());
  await eachAtMost(outgoing, destination.limits.concurrency, (chunk) => send(delivery, chunk));
  await settleUnclear(delivery);
  // Also those whose own outcome was noted after that of the record that was written over them.
  if (overwritten.size > 0) await ledger.sendAgain(start, [...overwritten]);
}
