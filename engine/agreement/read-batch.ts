import type { ReadBack } from '../../model/connector/connector.ts';
import type { Judged } from '../../model/record/agreement.ts';
import type { ReadyRecord } from '../../model/record/prepared.ts';
import type { BatchRef } from '../../model/sync/batch.ts';
import { preparedOf } from '../batches/prepare.ts';
import type { Dependencies } from '../dependencies.ts';
import { runOf } from '../running-sync.ts';
import type { Reader, Sent } from './reader.ts';

/** Records read back at once. */
const READ_RECORDS = 1_000;

export interface JudgedBatch {
  readonly records: readonly (ReadyRecord & Sent)[];
  /** By index. */
  readonly judged: readonly Judged[];
}

/**
 * Reads back all that a batch delivered: where a few of its records are not as they were sent, others may be so too. What
 * was sent is made again from what is staged, which is there until a run has read it back. What a later batch has delivered anew,
 * or was deleted since, is left out.
 */
export async function readBatch(deps: Dependencies, ref: BatchRef, reader: Reader): Promise<JudgedBatch> {
  const { ready } = (await preparedOf(deps, await runOf(deps, ref.run), ref)).transformed;
  const records: (ReadyRecord & Sent)[] = [];
  const back: (ReadBack | undefined)[] = [];
  for (let at = 0; at < ready.length; at += READ_RECORDS) {
    const some = ready.slice(at, at + READ_RECORDS);
    const delivered = await deps.ledger.unagreed.deliveredBy(ref.run, ref.seq, some);
    const sent = some.flatMap((record) => {
      const row = delivered.get(record.key);
      return row === undefined ? [] : [{ ...record, destinationId: row.destinationId, json: record.content.text }];
    });
    if (sent.length > 0) back.push(...(await reader.read(sent)));
    records.push(...sent);
    deps.attempt().report({ batch: ref.seq, read: records.length });
  }
  deps.cache.drop(ref);
  return { records, judged: await reader.judge(records, back) };
}
