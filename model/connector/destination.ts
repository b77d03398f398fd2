import type { FailureCode } from '../failure/failure.ts';
import type { Content } from '../record/content.ts';
import type { Json, JsonRecord } from '../record/json.ts';
import type { DeliveryCapabilities } from '../sync/delivery.ts';
import type { Checksums } from './checksums.ts';

export interface Destination {
  /** From these the delivery class is derived. */
  readonly can: DeliveryCapabilities;
  readonly limits: WriteLimits;
  /**
   * What `write` would have to find out of a record, found out while the record is at hand: it comes back as the item's
   * `encoded`. Pure. Undefined for a record that is better written from its JSON.
   */
  encode?(record: JsonRecord, content: Content): object | undefined;
  /**
   * What it will know records by, told before they are written: two records with one identity are one record there, as
   * where it compares keys without their letters' case. By their places; one that is left out is known by its key. Reads
   * only. Absent: nothing is known before the id that `write` answers.
   */
  identify?(items: readonly WriteItem[], signal: AbortSignal): Promise<ReadonlyMap<number, string>>;
  /** Where in its system it writes, such as a table: two syncs that write to one place are told of each other. */
  readonly place?: string;
  /**
   * Writes the items in order. Answers one outcome for each. Throws SyncFailure when the request failed as a whole;
   * its `effect` says whether something may have been written. BATCH_LIMIT asks for smaller requests.
   */
  write(request: WriteRequest): Promise<readonly ItemOutcome[]>;
  /** T1: which of these request ids have been committed. Also takes the fence, so that an older writer is refused. */
  committed?(requestIds: readonly string[], fence: Fence, signal: AbortSignal): Promise<ReadonlySet<string>>;
  /**
   * Reads records back by key, in the destination's shape. Absent keys are left out.
   * Needed for T4 and for reconciliation; without it a run's `reconciled.checked` is 0.
   */
  read?(keys: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ReadBack>>;
  /**
   * What `read` takes: `id`, the id that `write` answered (default), or `key`, the key of the sync, where the
   * destination's own ids are not what records are looked up by.
   */
  readonly readsBy?: 'id' | 'key';
  /**
   * Writes are conditional: `read` and the outcome of a write answer a tag, and a write that carries one takes effect
   * only while the destination's record still has it; it is rejected as CONFLICT otherwise.
   */
  readonly tagged?: boolean;
  /**
   * Whether a record read back says the same as the record that was written, in the destination's own terms: it may
   * store `12.5` as `12.50`, or a time in another zone. Pure. Without it they are the same when their JSON is.
   */
  same?(written: Json, read: Json): boolean;
  /**
   * What `read` would give of a field after these values, none of them null, were written: for forms that only the
   * destination itself knows. Asked of values that seem different alone; by index, undefined for one that it cannot tell
   * or would refuse. Writes nothing. Without it, what `same` calls different is different.
   */
  storedForms?(field: string, values: readonly Json[], signal: AbortSignal): Promise<readonly (Json | undefined)[]>;
  /** Compares everything without reading everything; absent where the destination cannot. */
  readonly checksums?: Checksums;
}

export interface ReadBack {
  readonly id?: string;
  readonly record: Json;
  /** Names the version that was read, such as an ETag. */
  readonly tag?: string;
}

export interface WriteLimits {
  /** Records in one request. */
  readonly records: number;
  /** Bytes of JSON in one request. */
  readonly bytes: number;
  /** Requests at once. */
  readonly concurrency: number;
}

export interface WriteRequest {
  /** Stable over every retry of this request: the idempotency key. */
  readonly id: string;
  readonly fence: Fence;
  readonly items: readonly WriteItem[];
  readonly signal: AbortSignal;
}

/** Invariant 7, one writer: a rising number per sync; a destination that can, refuses a lower one. */
export interface Fence {
  readonly sync: string;
  readonly number: number;
}

export interface WriteItem {
  readonly key: string;
  readonly op: 'upsert' | 'delete';
  /** The destination record as JSON text; empty for `delete`. Made when it is asked for. */
  readonly json: string;
  /** The same as bytes: cheaper where the text itself is not looked at. Absent for `delete`. */
  readonly content?: Content;
  /** What `encode` of this destination gave for the record. Absent for one that was read back from the ledger. */
  readonly encoded?: object | undefined;
  /** The destination's own id of the record, when it is known. */
  readonly destinationId: string | null;
  /** What `identify` said of it; absent where that was not asked. */
  readonly identity?: string | undefined;
  /** The record was there when it was last written or read. */
  readonly exists?: boolean;
  /** The version that it had then, for a destination that is `tagged`. */
  readonly tag?: string | null;
}

export type ItemOutcome =
  | { readonly state: 'confirmed'; readonly id?: string; readonly tag?: string }
  | { readonly state: 'rejected'; readonly code: FailureCode; readonly reason: string; readonly field?: string }
  /**
   * The destination gives the record another identity than `identify` said, as a trigger does. Nothing of the request was
   * written, and each of its items says so: whoever owns that identity is looked up first.
   */
  | { readonly state: 'respelt'; readonly id: string }
  /** `later`: the destination puts the record off, such as by a 503 of its own, and may take it at another time. */
  | { readonly state: 'unknown'; readonly later?: true };
