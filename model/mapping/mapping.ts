import type { z } from 'zod';
import type { Node } from './node.ts';

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
  /**
   * The compiled mapping. Pure; expects a record that `from` has parsed, or taken (leaves.ts); its result still has to
   * pass `to`.
   */
  readonly run: (record: unknown) => Mapped;
  /** What was recorded; absent from a mapping that `map` did not make. */
  readonly recorded?: Recorded;
}

/** What `map` recorded. */
export interface Recorded {
  readonly tree: Node;
  /** Records for which it is false are filtered. */
  readonly where?: Node;
  /** Source fields that are deliberately not used. */
  readonly unused: readonly string[];
  readonly samples: readonly Sample[];
  /** False when recording the same lines again gave something else: a clock or a random number in the mapping. */
  readonly repeatable: boolean;
}

/** A record and what has to come of it: a test and, in the mapping's document, an example. */
export type Sample<Have = unknown, Want = unknown> =
  | { readonly summary: string; readonly have: Have; readonly want: Want }
  /** `rejects` is the reason, or a part of it. */
  | { readonly summary: string; readonly have: unknown; readonly rejects: string }
  | { readonly summary: string; readonly have: Have; readonly filtered: true };
