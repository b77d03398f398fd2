import { SyncFailure } from '../../model/failure/failure.ts';
import type { ReadyRecord } from '../../model/record/prepared.ts';
import { fingerprint, NOTHING_TO_SEND } from '../../model/record/transform.ts';
import type { BatchRef } from '../../model/sync/batch.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { Dependencies } from '../dependencies.ts';

/**
 * Holds a run that was given a plan to it: what a batch is about to send has to be what was planned for it, record by
 * record and in this order, before the first of it is sent. A batch that has an intent has passed before.
 */
export async function keepToPlan(delivery: Delivery, changed: readonly ReadyRecord[]): Promise<void> {
  const { ref, start, ledger } = delivery;
  if (!start.planned || start.intents.length > 0) return;
  const plan = await ledger.planned(ref.run, ref.seq);
  if (plan === undefined) return;
  const planned = plan.batches[ref.seq - 1] ?? NOTHING_TO_SEND;
  if (fingerprint(changed) !== planned)
    throw new SyncFailure('PLAN_CHANGED', `batch ${ref.seq} is not what was planned`, { effect: 'none' });
  if (plan.last) refuseFewer(plan.batches.length, ref.seq);
}

/** A source that ends with a batch of no records has nothing that would be delivered, and compared with the plan there. */
export async function keepToPlannedEnd({ ledger }: Dependencies, { run, seq }: BatchRef): Promise<void> {
  const plan = await ledger.deliveries.planned(run, seq);
  if (plan) refuseFewer(plan.batches.length, seq - 1);
}

/** The last batch of a plan always has something to send. */
function refuseFewer(planned: number, found: number): void {
  if (found >= planned) return;
  throw new SyncFailure('PLAN_CHANGED', `${planned} batches were planned, the source has ${found}`, { effect: 'none' });
}
