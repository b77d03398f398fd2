import { withTags } from './conflicts.ts';
import type { Delivery } from './delivery.ts';
import { lookFirst } from './look-first.ts';
import type { Outgoing } from './outgoing.ts';
import { withoutFoundTaken, withoutTaken } from './owners.ts';
import { requestChunks } from './request-chunks.ts';
import { send } from './send.ts';
import { settleUnclear } from './settle-unclear.ts';

/** Sends what differs from the ledger, but for what is another's or is there already, until each outcome is known. */
export async function sendChanged(delivery: Delivery, changed: readonly Outgoing[]): Promise<void> {
  const { ledger, start, destination, overwritten } = delivery;
  const unknown = await lookFirst(delivery, await withoutTaken(delivery, changed));
  const owned = await withoutFoundTaken(delivery, await withTags(delivery, unknown));
  const outgoing = requestChunks(owned, delivery.limits());
  await eachAtMost(outgoing, destination.limits.concurrency, (chunk) => send(delivery, chunk));
  await settleUnclear(delivery);
  // Also those whose own outcome was noted after that of the record that was written over them.
  if (overwritten.size > 0) await ledger.sendAgain(start, [...overwritten]);
}

/**
 * Works on the items, `concurrency` at once. After a failure nothing new is begun; what is under way is awaited, so
 * that nothing goes on behind the caller's back; then the first failure is thrown.
 */
async function eachAtMost<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let failed: { error: unknown } | undefined;
  const lane = async () => {
    for (const item of queue) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane));
  if (failed) throw failed.error;
}
