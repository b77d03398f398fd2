import { contractOf } from '../../model/drift/contract.ts';
import { type DriftFinding, driftLines, driftOf } from '../../model/drift/drift.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Validated } from '../../model/record/prepared.ts';
import type { BatchRef } from '../../model/sync/batch.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { RunFacts } from '../../platform/ledger/runs/runs.ts';
import type { Dependencies } from '../dependencies.ts';

/** Lines of a diff that a message shows. */
const SHOWN = 8;

/**
 * Notes how a batch differs from the source schema and from earlier batches. Throws SCHEMA_DRIFT when that is breaking
 * and nobody has decided to go on: so nothing of the new shape is delivered. Safe to repeat.
 */
export async function refuseDrift(
  { ledger }: Dependencies,
  { facts, loaded }: { readonly facts: RunFacts; readonly loaded: LoadedSync },
  { run, seq }: BatchRef,
  batch: Validated,
  accepted: boolean,
): Promise<void> {
  // What lies in quarantine is of any age.
  if (facts.mode === 'replay') return;
  const { drift } = ledger;
  const mapping = loaded.sync.mapping.version;
  const known = await drift.known(facts.syncId, mapping);
  const findings = driftOf({ ...batch, known, contract: contractOf(loaded.sync.contract) });
  await drift.note(run, seq, findings);
  const breaking = findings.filter((finding) => finding.breaking);
  if (breaking.length > 0 && !accepted) throw new SyncFailure('SCHEMA_DRIFT', words(seq, findings));
  if (breaking.length > 0)
    await drift.accept(
      facts.syncId,
      mapping,
      breaking.map(({ field }) => field),
    );
  await drift.learn(facts.syncId, batch.shape);
}

function words(seq: number, findings: readonly DriftFinding[]): string {
  const lines = driftLines(findings);
  const more = lines.length > SHOWN ? [`and ${lines.length - SHOWN} more`] : [];
  return `batch ${seq} has another shape than before: ${[...lines.slice(0, SHOWN), ...more].join('; ')}`;
}
