import { SyncFailure } from '../../model/failure/failure.ts';
import type { DeleteLimits } from '../../model/sync/sync.ts';
import type { Missing } from '../../platform/ledger/deletes/missing.ts';

/** Invariant 6, safe deletes: what looks more like a broken source than like deleted records is a person's decision. */
export function guard(found: Omit<Missing, 'held'>, limits: Omit<DeleteLimits, 'set'>): void {
  const { known, missing, extras, keyless, seen } = found;
  const all = missing + extras;
  if (all === 0) return;
  const also = extras > 0 ? `, and ${extras} extra ones are to be removed` : '';
  const refuse = (why: string) => {
    throw new SyncFailure('DELETE_GUARD', `${missing} of ${known} records are gone from the source${also}: ${why}`);
  };
  if (seen === 0) refuse('the source gave nothing at all');
  if (keyless > 0) refuse(`${keyless} records that it gave have no readable key and may be among them`);
  if (all >= limits.atLeast && all > (known + extras) * limits.maxShare)
    refuse(`more than ${limits.maxShare * 100} % and at least ${limits.atLeast}`);
}
