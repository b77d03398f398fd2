import type { LeftOut } from '../drift/record-contract.ts';
import type { BatchShape } from '../drift/shape.ts';
import type { FailureCode } from '../failure/failure.ts';
import type { OddVersions } from '../version/version-watch.ts';
import type { Content } from './content.ts';
import type { Json } from './json.ts';
import type { RecordVersion } from './version.ts';

/** A record that goes to quarantine, with all that a person needs to understand why. */
export interface Reject {
  /** Position within the batch, from 0. */
  readonly ordinal: number;
  readonly stage: 'validate' | 'transform' | 'deliver';
  readonly key: string | null;
  /** Absent where it could not be read. */
  readonly version?: number | null;
  readonly code: FailureCode;
  readonly field: string | null;
  readonly rule: string | null;
  readonly reason: string;
  /** The record does not have the field that the schema asks for. */
  readonly isAbsent?: true;
  /** The record as received, as JSON text; null when it is too large to keep. */
  readonly record: string | null;
}

/** Why a record is set aside. */
export type Fault = Pick<Reject, 'code' | 'field' | 'rule' | 'reason'>;

/** A record that passed the source schema. */
export interface ValidRecord {
  readonly ordinal: number;
  readonly key: string;
  /** Null where it has none that compares. */
  readonly version: number | null;
  /** As received. */
  readonly received: Json;
  /** As the source schema parsed it; as received where the mapping cannot tell the two apart. */
  readonly parsed: unknown;
  /** Marks stand in it for what it cannot hold (exact-marks.ts). */
  readonly isMarked?: true;
}

/** What the source schema let pass of a batch, and what not. */
export interface Validated {
  readonly fetched: number;
  readonly valid: number;
  /** Of all records that have one, also of those that were rejected. */
  readonly keys: readonly string[];
  readonly rejects: readonly Reject[];
  readonly shape: BatchShape;
  /** Values that the contract of the sync left out, by field. */
  readonly leftOut: ReadonlyMap<string, LeftOut>;
}

/** A record ready for delivery: its destination form as JSON and the hash of that. */
export interface ReadyRecord {
  readonly ordinal: number;
  readonly key: string;
  readonly version: number | null;
  readonly content: Content;
  /** 128 bits as 32 hexadecimal digits. */
  readonly hash: string;
  /** What the destination has made of it for its `write`. */
  readonly encoded?: object | undefined;
}

export interface Transformed {
  readonly fetched: number;
  /** One per key: the newest of the batch. */
  readonly ready: readonly ReadyRecord[];
  readonly filtered: number;
  /** Older records of a key that occurs again in the batch. */
  readonly superseded: number;
  readonly rejects: readonly Reject[];
  /** What the watermark may reach. */
  readonly highest: RecordVersion | null;
  readonly odd: OddVersions;
}

/** All that is computed of a batch, by a pure function of what was received. */
export interface Prepared {
  readonly validated: Validated;
  readonly transformed: Transformed;
  /** What it takes in memory, about. */
  readonly bytes: number;
}
