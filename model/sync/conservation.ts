import { SyncFailure } from '../failure/failure.ts';
import { type Counts, unaccounted } from './batch.ts';

/** Throws CONSERVATION when the counts do not add up (invariant 1). `whose`: as the message names them. */
export function refuseUnaccounted(whose: string, counts: Counts): void {
  const left = unaccounted(counts);
  if (left !== 0) throw new SyncFailure('CONSERVATION', `${whose}: ${JSON.stringify(counts)} leaves ${left}`);
}
