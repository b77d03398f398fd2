import type { z } from 'zod';

/** What a mapping makes of one record. */
export type Mapped =
  | { readonly state: 'mapped'; readonly record: unknown }
  | { readonly state: 'filtered'; readonly reason: string }
  | { readonly state: 'rejected'; readonly reason: string; readonly field: string; readonly rule: string };

/** A recorded mapping. Plain data and one compiled function; made by `map`. */
export interface Mapping<From extends z.ZodType = z.ZodType, To extends z.ZodType = z.ZodType> {
  readonly from: From;
  readonly to: To;
  /** Hash of the recorded tree: changes when, and only when, what the mapping does may have changed. */
  readonly version: string;
  /** The compiled mapping. Pure; expects a record that `from` has parsed; its result still has to pass `to`. */
  readonly run: (record: unknown) => Mapped;
}
