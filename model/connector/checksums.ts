/**
 * What a destination knows of the records that a sync wrote. With each write it notes the content hash of what was sent
 * and a sum over the row as it was stored, so that a value stored in another form is no difference, and a row that
 * changed later is one. Buckets and their sums are those of model/sync/bucket.ts.
 */
export interface Checksums {
  /**
   * For each bucket the records that are as the sync wrote them: how many, and the sum over keys and content hashes.
   * With `within` only of keys in these coarser buckets.
   */
  sums(sync: string, buckets: number, within: Buckets | null, signal: AbortSignal): Promise<BucketSums>;
  /** Every record that was noted in these buckets. */
  records(sync: string, buckets: number, of: readonly number[], signal: AbortSignal): Promise<readonly NotedRecord[]>;
  /** Rows that this sync did not write: how many, and some of their ids. */
  strangers(sync: string, samples: number, signal: AbortSignal): Promise<Strangers>;
}

/** Some of so many buckets. */
export interface Buckets {
  readonly buckets: number;
  readonly of: readonly number[];
}

/** By bucket; a bucket without records may be left out. */
export type BucketSums = ReadonlyMap<number, { readonly records: number; readonly sum: string }>;

export interface NotedRecord {
  /** The key of the sync. */
  readonly key: string;
  /** The destination's own id. */
  readonly id: string;
  /** The content hash of what was sent. */
  readonly hash: string;
  /** `changed`: it is no longer as it was stored. `gone`: it is no longer there. */
  readonly state: 'same' | 'changed' | 'gone';
}

export interface Strangers {
  readonly records: number;
  readonly ids: readonly string[];
}
