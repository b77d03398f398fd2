import type { Counts } from './batch.ts';
import type { FailureCode, NextAction } from './failure.ts';

/** Where a run stands. Free of imports of values, so that workflow code can use it. */
export type RunStage = 'opening' | 'syncing' | 'reconciling' | 'closing' | 'closed';

/** What a run reads: what changed, everything, or what lies in quarantine. Stored in the ledger. */
export type RunMode = 'incremental' | 'full' | 'replay';

/** A run that waits for a person: which step, why, and since when. */
export interface Parked {
  readonly step: string;
  readonly batch: number | null;
  readonly code: FailureCode | 'UNKNOWN';
  readonly next: NextAction;
  readonly message: string;
  /** ISO 8601. */
  readonly since: string;
}

/** The answer of the `status` query. */
export interface RunState {
  readonly sync: string;
  readonly run: string;
  readonly stage: RunStage;
  readonly mode: RunMode | null;
  readonly source: string | null;
  readonly destination: string | null;
  readonly deliveryClass: string | null;
  readonly paused: boolean;
  readonly parked: Parked | null;
  readonly batches: { readonly fetched: number; readonly delivered: number };
  /** Records fetched so far; `counts` has those whose batch is closed. */
  readonly fetched: number;
  readonly counts: Counts;
  /** ISO 8601. */
  readonly startedAt: string;
}
