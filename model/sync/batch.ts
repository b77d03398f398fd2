/** Free of imports, so that workflow code can use it. */

/**
 * A batch of one run, by reference: what travels through Temporal. The records lie in the staging store.
 * `seq` counts from 1 within the run.
 */
export interface BatchRef {
  readonly run: string;
  readonly seq: number;
}

/** The six buckets of conservation (invariant 1), plus `deleted`, which counts destination records removed. */
export interface Counts {
  readonly fetched: number;
  readonly delivered: number;
  readonly unchanged: number;
  readonly filtered: number;
  readonly quarantined: number;
  /** Overtaken by a newer version of the same key, in the batch or already delivered. */
  readonly superseded: number;
  readonly deleted: number;
}

export const noCounts: Counts = {
  fetched: 0,
  delivered: 0,
  unchanged: 0,
  filtered: 0,
  quarantined: 0,
  superseded: 0,
  deleted: 0,
};

export function addCounts(a: Counts, b: Partial<Counts>): Counts {
  return {
    fetched: a.fetched + (b.fetched ?? 0),
    delivered: a.delivered + (b.delivered ?? 0),
    unchanged: a.unchanged + (b.unchanged ?? 0),
    filtered: a.filtered + (b.filtered ?? 0),
    quarantined: a.quarantined + (b.quarantined ?? 0),
    superseded: a.superseded + (b.superseded ?? 0),
    deleted: a.deleted + (b.deleted ?? 0),
  };
}

/** Invariant 1, conservation: every fetched record is in exactly one bucket. Zero when it holds. */
export const unaccounted = (c: Counts): number =>
  c.fetched - (c.delivered + c.unchanged + c.filtered + c.quarantined + c.superseded);

/** What the comparison of both sides found. */
export interface Reconciled {
  readonly checked: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
}

export const nothingChecked: Reconciled = { checked: 0, missing: 0, extra: 0, different: 0 };

/** Invariant 11, honest status: exactly one of these, and `partial` never reads as success. */
export type RunStatus = 'succeeded' | 'partial' | 'failed' | 'cancelled' | 'halted';

/** What a run answers, and what `run --wait --json` prints. */
export interface RunReport {
  readonly sync: string;
  readonly run: string;
  /** `skipped`: a tick of a schedule that found a run open; it did nothing. */
  readonly status: RunStatus | 'skipped';
  readonly counts: Counts;
  readonly reconciled: Reconciled;
}
