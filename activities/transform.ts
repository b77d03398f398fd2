import { preparedOf } from '../engine/batches/prepare.ts';
import { refuseSystemic } from '../engine/delivery/refuse-systemic.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import { runOf } from '../engine/running-sync.ts';
import type { BatchRef } from '../model/sync/batch.ts';

export interface TransformResult {
  readonly ready: number;
  readonly filtered: number;
  readonly superseded: number;
  readonly rejected: number;
}

/** Step 3: maps a batch to the destination's shape; what a rule rejects goes to quarantine. Safe to repeat: pure. */
export async function transformBatch(deps: Dependencies, ref: BatchRef): Promise<TransformResult> {
  const { facts, loaded } = await runOf(deps, ref.run);
  const { ready, filtered, superseded, rejects, fetched } = (await preparedOf(deps, { facts, loaded }, ref))
    .transformed;
  refuseSystemic(rejects.length, fetched, loaded.policy);
  await deps.ledger.quarantine.add(facts.syncId, ref.run, ref.seq, rejects);
  return { ready: ready.length, filtered, superseded, rejected: rejects.length };
}
