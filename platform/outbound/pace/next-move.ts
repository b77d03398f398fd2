import type { Grants } from './grants.ts';

/** Who waits for a share of the calls at once asks again after this. */
const POLL_MS = 250;

/** What a worker does about the call whose turn it is. */
export interface Move {
  readonly starts?: true;
  /** For more calls. */
  readonly asks?: boolean;
  /** When to look again; absent: when a call ends or comes. */
  readonly inMs?: number;
}

export interface Facts {
  readonly grants: Grants;
  readonly waiting: number;
  readonly running: number;
  /** A question for more calls. */
  readonly tookMs: number;
  readonly nowMs: number;
}

/** Starts the call when that was granted, and asks in time: while there are slots left, as early as a question takes. */
export function nextMove({ grants, waiting, running, tookMs, nowMs }: Facts): Move {
  const nextMs = grants.next(nowMs);
  const mayAsk = nowMs >= grants.askNotBeforeMs;
  if (nextMs === undefined) return mayAsk ? { asks: true } : { inMs: grants.askNotBeforeMs - nowMs };
  if (running >= grants.atOnce(nowMs)) return grants.mayGrow ? { inMs: POLL_MS } : {};
  if (nextMs <= nowMs) return { starts: true };
  const isShort = waiting > grants.left && grants.lastMs - nowMs <= tookMs;
  return { asks: isShort && mayAsk, inMs: nextMs - nowMs };
}
