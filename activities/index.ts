import type { DeliverInput } from '../engine/delivery/delivery.ts';
import type { AnsweredRun } from '../engine/delivery/doubts.ts';
import type { Dependencies } from '../engine/dependencies.ts';
import type { BatchRef } from '../model/sync/batch.ts';
import { deliverBatch } from './deliver.ts';
import { type FetchInput, fetchOrClose } from './fetch-or-close.ts';
import { hurryRun } from './hurry.ts';
import { reconcileRun } from './reconcile.ts';
import { type RemoveInput, removeMissing } from './remove.ts';
import { type CloseRunInput, closeRun, type OpenRunInput, openRun } from './run.ts';
import { settleLeft } from './settle.ts';
import { transformBatch } from './transform.ts';
import { type ValidateInput, validateBatch } from './validate.ts';

/**
 * The steps of a sync, in their order, bound to the world. The names are stored in workflow histories: never renamed.
 */
export const createActivities = (deps: Dependencies) => ({
  openRun: (input: OpenRunInput) => openRun(deps, input),
  settleLeft: (input: DeliverInput) => settleLeft(deps, input),
  fetchBatch: (input: FetchInput) => fetchOrClose(deps, input),
  validateBatch: (input: ValidateInput) => deps.cache.during(input, () => validateBatch(deps, input)),
  transformBatch: (ref: BatchRef) => deps.cache.during(ref, () => transformBatch(deps, ref)),
  deliverBatch: (input: DeliverInput) => deps.cache.during(input, () => deliverBatch(deps, input)),
  removeMissing: (input: RemoveInput) => removeMissing(deps, input),
  reconcileRun: (input: AnsweredRun) => reconcileRun(deps, input),
  closeRun: (input: CloseRunInput) => closeRun(deps, input),
  hurryRun: () => hurryRun(deps),
});

export type { OpenRunInput, RunPlan, WhenHeld } from './run.ts';
export type Activities = ReturnType<typeof createActivities>;
