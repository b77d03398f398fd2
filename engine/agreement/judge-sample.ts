import type { ReadBack } from '../../model/connector/connector.ts';
import { isAgreed, isHabitual, type Judged, judgeBatch } from '../../model/record/agreement.ts';
import { contentHash } from '../../model/record/transform.ts';
import type { BatchRef } from '../../model/sync/batch.ts';
import type { Written } from '../../platform/ledger/deliveries/samples.ts';
import type { Unagreed } from '../../platform/ledger/records/unagreed.ts';
import { unlessEdited } from '../unless-edited.ts';
import type { Findings, Scope } from './findings.ts';
import { readBatch } from './read-batch.ts';

/** Judges the sample of a batch. Where it shows a fault, all that the batch delivered is read back. */
export async function judgeSample(
  scope: Scope,
  findings: Findings,
  ref: BatchRef,
  sample: readonly Written[],
  back: readonly (ReadBack | undefined)[],
): Promise<void> {
  const judged = await scope.reader.judge(sample, back);
  const faulty = await faultyOf(scope, findings, ref, sample, judged);
  if (faulty.size > 0 && (await judgeWhole(scope, findings, ref))) return;
  const counted = judged.filter((one, index) => faulty.has(index) || isHabitual(one, findings.habits));
  findings.count(sample.length, counted);
  await findings.keep([...faulty].map(([index, record]) => ({ record, judged: judged[index] })));
  await findings.agree(sample.filter((_, index) => isAgreed(judged[index])));
}

/**
 * What is not as the ledger still says, by its index in the sample: not what a later batch delivered anew, or was deleted
 * since. What the destination is known to change is no news.
 */
async function faultyOf(
  { deps }: Scope,
  findings: Findings,
  { run, seq }: BatchRef,
  sample: readonly Written[],
  judged: readonly Judged[],
): Promise<ReadonlyMap<number, Omit<Unagreed, 'finding'>>> {
  const suspects = sample.flatMap(({ key, json }, index) =>
    isHabitual(judged[index], findings.habits) ? [] : [{ index, key, json, hash: contentHash(json) }],
  );
  if (suspects.length === 0) return new Map();
  const delivered = await deps.ledger.unagreed.deliveredBy(run, seq, suspects);
  return new Map(
    suspects.flatMap(({ index, ...one }) => {
      const row = delivered.get(one.key);
      return row ? [[index, { ...one, version: row.version }]] : [];
    }),
  );
}

/** False where what an earlier run sent cannot be made again: its batch is known by its sample alone. */
async function judgeWhole({ deps, run, reader }: Scope, findings: Findings, ref: BatchRef): Promise<boolean> {
  const read = () => readBatch(deps, ref, reader);
  const batch = ref.run === run ? await read() : await unlessEdited(deps, ref, read);
  if (batch === undefined || batch.records.length === 0) return false;
  const { records, judged } = batch;
  const { habits, faulty } = judgeBatch(judged, findings.habits);
  findings.habits = habits;
  findings.count(records.length, judged);
  const unagreed = faulty.flatMap((index) => {
    const record = records[index];
    return record ? [{ record, judged: judged[index] }] : [];
  });
  await findings.keep(unagreed);
  await findings.agree(records.filter((_, index) => isAgreed(judged[index])));
  return true;
}
