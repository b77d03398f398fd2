import { refusal, SyncFailure } from '../../model/failure/failure.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import type { OperationContext } from '../context.ts';
import { readSync } from '../read-sync.ts';
import { makePlan } from './plan.ts';

/**
 * Prepares a run that keeps to a plan. The sync is planned again, so that a plan that no longer holds is refused before
 * anything is sent; the run itself then compares each batch with the plan before it sends any of it.
 */
export async function keepToPlan(
  context: OperationContext,
  ledger: Ledger,
  sync: string,
  hash: string,
  run: string,
): Promise<{ readonly run: string; readonly full: boolean }> {
  const stored = await ledger.plans.load(hash);
  if (stored?.sync !== sync) {
    throw refusal('PLAN_UNKNOWN', `there is no plan ${hash} of \`${sync}\`; plans are kept for 30 days`, {
      todo: '{plan}',
      about: { sync },
    });
  }
  const read = await readSync(context, sync);
  const now = await makePlan(context, ledger, read, { full: stored.full, limit: null, samples: 0 });
  if (now.hash !== hash) {
    throw new SyncFailure(
      'PLAN_CHANGED',
      `it would now create ${now.create} and update ${now.update} records: plan ${now.hash}`,
      { effect: 'none' },
    );
  }
  await ledger.plans.keepTo(run, hash);
  return { run, full: stored.full };
}
