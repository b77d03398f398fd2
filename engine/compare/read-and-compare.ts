import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkOf } from '../../model/mapping/compile-check.ts';
import type { Json } from '../../model/record/json.ts';
import { keyFieldsOf } from '../../model/record/record-key.ts';
import { contentHash } from '../../model/record/transform.ts';
import type { DeliveredRecord } from '../../platform/ledger/records/compare.ts';
import { sameContents } from '../agreement/content-judge.ts';
import { readKey } from '../delivery/read-back.ts';
import { batchesToPlan } from '../plan/batches.ts';
import { keyedSource } from '../sources/keyed-source.ts';
import type { Whole } from './whole.ts';

export interface ReadResult {
  readonly checked: number;
  readonly missing: readonly DeliveredRecord[];
  readonly different: readonly DeliveredRecord[];
  /** Records that the destination gave. */
  readonly records: number;
}

interface Suspect {
  readonly record: DeliveredRecord;
  readonly back: Json;
}

/**
 * Reads records back and compares them with the content hash of what was sent. Where that differs the destination may
 * only store a value in another form: what was sent is then made again from the source, and compared in the
 * destination's own terms.
 */
export async function readAndCompare(
  whole: Whole,
  pages: AsyncIterable<readonly DeliveredRecord[]>,
): Promise<ReadResult> {
  const { destination, loaded, signal } = whole;
  const check = checkOf(loaded.sync.mapping.to);
  const missing: DeliveredRecord[] = [];
  const suspects = new Map<string, Suspect>();
  let checked = 0;
  let records = 0;
  for await (const page of pages) {
    const ids = page.map((record) => readKey(destination, record));
    const back = (await destination.read?.(ids, signal)) ?? new Map<string, { record: Json }>();
    records += back.size;
    for (const [index, record] of page.entries()) {
      const found = back.get(ids[index] ?? '');
      checked++;
      if (found === undefined) missing.push(record);
      else {
        const parsed = check(found.record);
        const same = parsed.success && contentHash(JSON.stringify(parsed.data)) === record.hash;
        if (!same) suspects.set(record.key, { record, back: found.record });
      }
    }
    whole.tell({ checked, of: whole.of });
    await nextTurn();
  }
  await clear(whole, suspects);
  return { checked, missing, different: [...suspects.values()].map(({ record }) => record), records };
}

/** Takes out the suspects that say what was sent. One whose source has changed since stays: what was sent is not known. */
async function clear({ loaded, destination, world, signal }: Whole, suspects: Map<string, Suspect>): Promise<void> {
  if (suspects.size === 0) return;
  const keys = [...suspects.keys()];
  const source = keyedSource(loaded.openSource(world), keyFieldsOf(loaded.sync), async (from, limit) =>
    keys.slice(from, from + limit),
  );
  const batches = batchesToPlan(source, loaded, {
    since: null,
    limit: Number.POSITIVE_INFINITY,
    signal,
  });
  for await (const { ready } of batches) {
    const sent = ready.flatMap(({ key, hash, content }) => {
      const suspect = suspects.get(key);
      return suspect?.record.hash === hash ? [{ key, json: content.text, back: { record: suspect.back } }] : [];
    });
    const same = await sameContents(destination, loaded.sync, sent, signal);
    for (const [index, { key }] of sent.entries()) if (same[index]) suspects.delete(key);
    if (suspects.size === 0) return;
  }
}
