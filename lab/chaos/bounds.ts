import { HEARTBEAT_MS } from './heartbeat.ts';
import type { Played } from './played.ts';
import type { Kind } from './schedule.ts';
import { type FaultCounts, felt } from './tally.ts';

/** After `kill -9` every sync has to go on within the heartbeat time-out and this. */
const RECOVERY_MS = 15_000;

/** When nothing is broken any more and a run is open for longer, it is stuck. */
export const stuckAfterMs = (patient: boolean): number => (patient ? 600_000 : 90_000);

/** A round in which less happened proves nothing. */
export const leastFaults: Readonly<Record<Kind, number>> = {
  storm: 3,
  Temporal: 3,
  PostgreSQL: 3,
  everything: 3,
  'plain kill': 1,
};
const LEAST_MOVED = 50;

/** A round that proves nothing so often fails. */
export const MOST_DRAWS = 3;

/** The page that was being staged, or the one that was asked for when it was durable (test/engine/fetch-ahead.test.ts). */
const PAGES_AGAIN = 1;

/**
 * What a crash may cost, where nothing but `kill -9` happened; and one batch in doubt whatever happened. In words.
 * `patient`: time does not count, as on a machine that others keep busy.
 */
export function boundsBroken(kind: Kind, played: Omit<Played, 'ends'>, patient: boolean): string[] {
  const { silenceMs, pagesAgain, batchesInDoubt } = played;
  const found: string[] = [];
  if (batchesInDoubt > 1) found.push(`bounds: ${batchesInDoubt} batches of one sync were in doubt at once`);
  if (kind !== 'plain kill') return found;
  if (!patient && silenceMs > HEARTBEAT_MS + RECOVERY_MS)
    found.push(`bounds: after kill -9 a sync did nothing for ${silenceMs} ms`);
  if (pagesAgain > PAGES_AGAIN) found.push(`bounds: one attempt read ${pagesAgain} pages again`);
  return found;
}

/** What a round lacks that proves nothing. */
export const vacuous = (kind: Kind, faults: FaultCounts, moved: number): string[] =>
  felt(faults) < leastFaults[kind] || moved < LEAST_MOVED
    ? [`vacuous: ${felt(faults)} faults, ${moved} records moved`]
    : [];
