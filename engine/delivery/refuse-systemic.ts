import { SyncFailure } from '../../model/failure/failure.ts';
import type { Policy } from '../../model/sync/policy.ts';

/** Many rejects at once are a changed schema, not bad records: they must not fill the quarantine. */
export function refuseSystemic(rejected: number, fetched: number, policy: Policy): void {
  if (isSystemic(rejected, fetched, policy)) throw tooManyRejected(rejected, fetched);
}

export const isSystemic = (rejected: number, fetched: number, policy: Policy): boolean =>
  rejected >= policy.maxRejectedAtLeast && rejected > fetched * policy.maxRejectedShare;

export const tooManyRejected = (rejected: number, fetched: number): SyncFailure =>
  new SyncFailure('TOO_MANY_REJECTED', `${rejected} of ${fetched} records of a batch were rejected`);
