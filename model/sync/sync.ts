import type { z } from 'zod';
import type { Endpoint } from '../connector/connector.ts';
import type { Contract } from '../drift/contract.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { JsonRecord } from '../record/json.ts';
import type { ScheduleInput } from '../schedule/schedule.ts';
import type { OnConflict } from './conflict.ts';
import type { PolicyInput } from './policy.ts';

/** A field of a source record: a name at the top, or a JSON pointer such as `/customer/id`. */
export type FieldPath<T> = (keyof T & string) | `/${string}`;

/**
 * What happens to a destination record whose source record is gone (invariant 6). `ignore` leaves it; `delete` deletes
 * it at the end of a full run whose source proves that everything was read. More deletions than `maxShare` (default
 * 0.05) of the records delivered before, and at least `atLeast` (default 100), wait for a person. With `set` nothing is
 * deleted: the record is marked by these fields instead, `{time}` being when the run began.
 */
export type Deletes =
  | 'ignore'
  | 'delete'
  | {
      readonly maxShare?: number | undefined;
      readonly atLeast?: number | undefined;
      readonly set?: Readonly<Record<string, string | number | boolean | null>> | undefined;
    };

export interface DeleteLimits {
  readonly maxShare: number;
  readonly atLeast: number;
  /** The fields that mark a record as deleted; null: it is deleted. */
  readonly set: JsonRecord | null;
}

/** What the sync says of conflicts. */
export const onConflictOf = ({ onConflict = 'hold' }: { readonly onConflict?: OnConflict | undefined }): OnConflict =>
  onConflict;

/** Null for a sync that deletes nothing. */
export function deleteLimitsOf({
  deletes = 'ignore',
}: {
  readonly deletes?: Deletes | undefined;
}): DeleteLimits | null {
  if (deletes === 'ignore') return null;
  const limits = deletes === 'delete' ? {} : deletes;
  return { maxShare: limits.maxShare ?? 0.05, atLeast: limits.atLeast ?? 100, set: limits.set ?? null };
}

/**
 * A sync: one source, one mapping, one destination. Its name is its file's name.
 */
export interface Sync<From extends z.ZodType = z.ZodType, To extends z.ZodType = z.ZodType> {
  readonly summary?: string;
  readonly source: Endpoint;
  /** What identifies a record at the source: one field, or several joined in this order. */
  readonly key: FieldPath<z.output<From>> | readonly FieldPath<z.output<From>>[];
  /**
   * The field that rises with each change of a record: a time or a number. Newest wins (invariant 5), and
   * incremental runs continue from the highest one seen. Without it every run reads everything, and the later
   * record of two with one key wins.
   */
  readonly version?: FieldPath<z.output<From>>;
  /** `incremental` (default where source and `version` allow it) reads what changed since the last run; `full` everything. */
  readonly mode?: 'incremental' | 'full';
  /**
   * Incremental runs read again this far before the highest version seen, against late commits. Numbers of which the source
   * does not say what they count have no time: there a run begins where the watermark stood so long before the last run.
   * Default `5 minutes`.
   */
  readonly overlap?: string;
  readonly mapping: Mapping<From, To>;
  /** What to do when records do not have the shape of the source schema; one mode, or one by field. Default `evolve`. */
  readonly contract?: Contract;
  readonly destination: Endpoint;
  /** What to do in the destination when a record is gone from the source after a complete read. Default `ignore`. */
  readonly deletes?: Deletes;
  /** What happens to a record that the destination refuses because it has another version of it. Default `hold`. */
  readonly onConflict?: 'hold' | 'source-wins' | { readonly newestWins: FieldPath<z.output<To>> };
  /**
   * Fields that the destination changes on purpose, such as one that a trigger rounds or a system trims: what is read back
   * there may differ. Default: none, and a run whose records came back otherwise does not read as success.
   */
  readonly destinationAlters?: readonly (keyof z.output<To> & string)[];
  /** When it runs by itself, once `syncline schedule apply` has made it so. Default: only when it is started. */
  readonly schedule?: ScheduleInput;
  readonly policy?: PolicyInput;
}

/** Declares a sync; the default export of a file in `syncs/`. */
export const defineSync = <From extends z.ZodType, To extends z.ZodType>(sync: Sync<From, To>): Sync<From, To> => sync;
