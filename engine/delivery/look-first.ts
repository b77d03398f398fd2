import type { Confirmed } from '../../platform/ledger/deliveries/confirmed.ts';
import { sameContents } from '../agreement/content-judge.ts';
import { onWhatWasRead } from './conflicts.ts';
import type { Delivery } from './delivery.ts';
import type { Outgoing } from './outgoing.ts';
import { idToKeep } from './owners.ts';
import { readKey } from './read-back.ts';

/** Records looked at together. */
const LOOK_RECORDS = 1000;

/**
 * While a sync recovers, its ledger may know less than the destination: what seems new may have been delivered since the
 * copy. Each record is looked at before it is sent; what is there in the same form is noted, what is there in another is
 * updated, and only what is absent is new. So is what both sides did not agree on, which may have arrived since it was read
 * back. A destination that cannot be read is written as ever.
 */
export async function lookFirst(delivery: Delivery, records: readonly Outgoing[]): Promise<readonly Outgoing[]> {
  const { destination, start, watched, ref, ledger, loaded, signal } = delivery;
  const isLookedAt = ({ key }: Outgoing) => start.recovering || watched.has(key);
  if (destination.read === undefined || !(start.recovering || watched.size > 0)) return records;
  const lookedAt = records.filter(isLookedAt);
  const left = records.filter((record) => !isLookedAt(record));
  for (let at = 0; at < lookedAt.length; at += LOOK_RECORDS) {
    signal.throwIfAborted();
    const some = lookedAt.slice(at, at + LOOK_RECORDS);
    const keys = some.map((record) => readKey(destination, record));
    const back = await destination.read(keys, signal);
    const returned = some.map(({ content }, index) => ({ json: content.text, back: back.get(keys[index] ?? '') }));
    const same = await sameContents(destination, loaded.sync, returned, signal);
    const found: Confirmed[] = [];
    for (const [index, record] of some.entries()) {
      const there = returned[index]?.back;
      if (there !== undefined && same[index])
        found.push({
          record,
          destinationId: idToKeep(delivery, record, there.id),
          ...(destination.tagged && { tag: there.tag ?? null }),
        });
      else left.push(onWhatWasRead(record, there));
    }
    if (found.length > 0) await ledger.noteFound(start, ref.run, ref.seq, found);
    delivery.settled(found, 0);
  }
  return left;
}
