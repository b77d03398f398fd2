import type { z } from 'zod';
import type { Endpoint } from './connector.ts';
import type { Mapping } from './mapping/mapping.ts';
import type { PolicyInput } from './policy.ts';

/** A field of a source record: a name at the top, or a JSON pointer such as `/customer/id`. */
export type FieldPath<T> = (keyof T & string) | `/${string}`;

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
  /** Incremental runs read again this far before the highest version seen, against late commits. Default `5 minutes`. */
  readonly overlap?: string;
  readonly mapping: Mapping<From, To>;
  readonly destination: Endpoint;
  /** What to do in the destination when a record is gone from the source after a complete read. Default `ignore`. */
  readonly deletes?: 'ignore';
  readonly policy?: PolicyInput;
}

/** Declares a sync; the default export of a file in `syncs/`. */
export const defineSync = <From extends z.ZodType, To extends z.ZodType>(sync: Sync<From, To>): Sync<From, To> => sync;
