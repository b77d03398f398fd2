import { preparedOf } from '../engine/batches/prepare.ts';
import { refuseDrift } from '../engine/batches/refuse-drift.ts';
import { refuseSystemic } from '../engine/delivery/refuse-systemic.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import { runOf } from '../engine/running-sync.ts';
import type { BatchRef } from '../model/sync/batch.ts';
import { deleteLimitsOf } from '../model/sync/sync.ts';

export interface ValidateResult {
  readonly valid: number;
  readonly rejected: number;
}

export interface ValidateInput extends BatchRef {
  /** A person goes on with records of another shape. */
  readonly acceptDrift?: boolean;
}

/** Step 2: checks a batch against the source schema; what fails goes to quarantine. Safe to repeat: pure. */
export async function validateBatch(
  deps: Dependencies,
  { acceptDrift = false, ...ref }: ValidateInput,
): Promise<ValidateResult> {
  const { facts, loaded } = await runOf(deps, ref.run);
  const { validated } = await preparedOf(deps, { facts, loaded }, ref);
  const { valid, keys, rejects, fetched } = validated;
  await refuseDrift(deps, { facts, loaded }, ref, validated, acceptDrift);
  refuseSystemic(rejects.length, fetched, loaded.policy);
  await deps.ledger.quarantine.add(facts.syncId, ref.run, ref.seq, rejects);
  const deletes = facts.mode === 'full' && deleteLimitsOf(loaded.sync);
  if (deletes || loaded.openSource(deps.world).can.countedPages) {
    // What was rejected is not gone from the source either.
    await deps.ledger.deletes.see(ref.run, ref.seq, keys);
  }
  return { valid, rejected: rejects.length };
}
