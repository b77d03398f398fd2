import type { FailureCode, FailurePlace } from '../failure/failure.ts';
import type { NextAction } from '../failure/failure-kind.ts';
import type { Counts } from './batch.ts';

/** Where a run stands. Free of imports of values, so that workflow code can use it. */
export type RunStage = 'opening' | 'syncing' | 'reconciling' | 'closing' | 'closed';

/**
 * What a run reads: what changed, everything, what lies in quarantine, a range of versions, or what has to be mended.
 * Stored in the ledger.
 */
export type RunMode = 'incremental' | 'full' | 'replay' | 'backfill' | 'repair';

/** What a run reads when it does not read its source from a position on. */
export type RunFrom = 'quarantine' | 'repair';

/** A run that waits for a person: which step, why, and since when. */
export interface Parked {
  readonly step: string;
  readonly batch: number | null;
  readonly code: FailureCode | 'UNKNOWN';
  readonly next: NextAction;
  readonly message: string;
  /** Which system; absent when it was none of the two, or the run began before this was noted. */
  readonly place?: FailurePlace;
  /** ISO 8601. */
  readonly since: string;
}

/** A step that is not working just now: it failed, and is tried again by itself. */
export interface Waiting {
  readonly step: string;
  readonly batch: number | null;
  /** How many times it has been tried. */
  readonly attempt: number;
  readonly code: FailureCode | 'UNKNOWN';
  readonly message: string;
  readonly place?: FailurePlace;
  /** ISO 8601; null while an attempt is under way, or when it is not known. */
  readonly nextAttempt: string | null;
}

/** A step that waits, as the run itself knows it: from time to time its worker says how the waiting goes. */
export interface WaitingStep extends Waiting {
  /** ISO 8601: when the run first heard of it. */
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
  /** Absent from the answer of a worker older than this field. */
  readonly waiting?: WaitingStep | null;
  readonly batches: { readonly fetched: number; readonly delivered: number };
  /** Records fetched so far; `counts` has those whose batch is closed. */
  readonly fetched: number;
  readonly counts: Counts;
  /** ISO 8601. */
  readonly startedAt: string;
}
