import type { ReadBack } from '../../model/connector/connector.ts';
import { checkOf } from '../../model/mapping/compile-check.ts';
import { judgeBatch } from '../../model/record/agreement.ts';
import { contentHash } from '../../model/record/transform.ts';
import type { OpenUnagreed } from '../../platform/ledger/records/unagreed.ts';
import type { Findings, Scope } from './findings.ts';

/** Records of one reading. */
const AT_ONCE = 1_000;

/** Records from earlier runs that a run looks at, so that it ends (invariant 9). */
const MOST_LOOKED_AT = 50_000;

/**
 * What earlier runs found, and this one has not delivered anew: it may be right by now, or be gone from both sides. Answers
 * how many it has not looked at.
 */
export async function lookAtEarlier(scope: Scope, findings: Findings): Promise<number> {
  const { deps, syncId, run } = scope;
  let after: string | null = null;
  let unlooked = findings.openBefore;
  for (let looked = 0; findings.openBefore > 0 && looked < MOST_LOOKED_AT; looked += AT_ONCE) {
    const page: readonly OpenUnagreed[] = await deps.ledger.unagreed.open(syncId, run, after, AT_ONCE);
    await lookAt(scope, findings, page);
    after = page.at(-1)?.key ?? after;
    deps.attempt().report({ ...findings.counts });
    if (page.length < AT_ONCE) return 0;
    unlooked -= page.length;
  }
  return unlooked;
}

async function lookAt(scope: Scope, findings: Findings, page: readonly OpenUnagreed[]): Promise<void> {
  const { reader } = scope;
  const gone = page.filter(({ delivered }) => !delivered);
  const kept = page.filter(({ delivered }) => delivered);
  const back = kept.length === 0 ? [] : await reader.read(kept);
  const judged = (await reader.judge(kept, back)).map((one, index) =>
    isAsDelivered(scope, kept[index], back[index]) ? [] : one,
  );
  findings.count(kept.length, judged);
  const { faulty } = judgeBatch(judged, findings.habits);
  const left = new Set(faulty);
  await findings.agree([...gone, ...kept.filter((_, index) => !left.has(index))]);
}

/** Something newer was delivered since, by a run that never read it back: it is known by its hash alone. */
function isAsDelivered({ loaded }: Scope, record: OpenUnagreed | undefined, back: ReadBack | undefined): boolean {
  if (!record?.ledgerHash || record.ledgerHash === record.hash || back === undefined) return false;
  const parsed = checkOf(loaded.sync.mapping.to)(back.record);
  return parsed.success && contentHash(JSON.stringify(parsed.data)) === record.ledgerHash;
}
