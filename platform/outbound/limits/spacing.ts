import type { CallLimits } from '../../../model/connection/connection.ts';

/**
 * Calls spread evenly, so that a server which counts any stretch of a second sees no more than its limit: the generic
 * cell rate algorithm (ITU-T I.371). One number is the whole state: when the next call is due.
 */
export interface Spacing {
  /** Between two calls. */
  readonly everyMs: number;
  /** Calls that may start at once after a silence. */
  readonly burst: number;
}

/** A call starts a little late, and reaches the server later still: the limit is kept over a stretch that is this much longer. */
const LATENESS = 1.07;
/** The largest share of the limit that may come at once and still leaves any second under the limit. */
const SAFE_BURST = 0.04;

/** The spacing under a limit of calls a second; undefined where there is none. */
export function spacingOf({ perSecond, burst, costPerCall = 1 }: CallLimits): Spacing | undefined {
  if (perSecond === undefined) return undefined;
  const calls = perSecond / costPerCall;
  return { everyMs: (1_000 * LATENESS) / calls, burst: burst ?? Math.max(1, Math.floor(calls * SAFE_BURST)) };
}

/** When the next call may start, given when it is due. */
export const nextStartMs = ({ everyMs, burst }: Spacing, dueMs: number, nowMs: number): number =>
  Math.max(nowMs, Math.max(dueMs, nowMs) - (burst - 1) * everyMs);

/** When the call after this one is due. */
export const dueAfter = ({ everyMs }: Spacing, dueMs: number, nowMs: number): number =>
  Math.max(dueMs, nowMs) + everyMs;
