import { toldRoomAtMs } from './announced.ts';
import type { Breaker } from './breaker.ts';
import type { ConnectionState, Decided } from './state.ts';

/** The system asked for fewer calls. `waitMs`: for how long it wants none; undefined when it did not say. */
export interface Refusal {
  readonly code: 'RATE_LIMITED' | 'QUOTA_SPENT' | 'CONNECTION_DOWN';
  readonly waitMs: number | undefined;
  /** How long ago the refused call began. */
  readonly agoMs?: number;
  /** The calls were spread under a limit of a second: one came too early, and a short wait makes up for it. */
  readonly isSpaced?: boolean;
}

const FIRST_WAIT_MS = 1_000;
const FIRST_SPACED_WAIT_MS = 200;
const MAX_WAIT_MS = 60_000;
/** A refusal this soon after the last wait shows that the wait was too short. */
const SOON_MS = 1_000;

/**
 * No call of any worker before the time that the system named; where it named none, a second at most, and twice as
 * long when it refuses again at once.
 */
export function heldAfter(before: ConnectionState, refusal: Refusal, nowMs: number): ConnectionState {
  const { code, waitMs, agoMs = 0, isSpaced = false } = refusal;
  const heldUntilMs = before.held?.untilMs ?? 0;
  // Calls that were under way together are refused together: that is one refusal.
  const isKnown = heldUntilMs > nowMs || nowMs - agoMs < before.refusals.atMs;
  const isSoon = nowMs - heldUntilMs <= SOON_MS;
  const state = isKnown || code !== 'RATE_LIMITED' ? before : slower(before, isSoon ? MUCH_SLOWER : SLOWER, nowMs);
  if (waitMs !== undefined)
    return nowMs + waitMs <= heldUntilMs ? state : { ...state, held: { untilMs: nowMs + waitMs, code } };
  if (isKnown) return state;
  const isSlowing = isSpaced && code === 'RATE_LIMITED' && tempoNow(state, nowMs) > SLOWEST;
  const count = isSoon && !isSlowing ? state.refusals.count + 1 : 1;
  const untilMs = nowMs + Math.min(MAX_WAIT_MS, (isSpaced ? FIRST_SPACED_WAIT_MS : FIRST_WAIT_MS) * 2 ** (count - 1));
  return { ...state, held: { untilMs, code }, refusals: { count, atMs: nowMs } };
}

/** Of the limit of a second this much less is used after a refusal, when calls reach the system less evenly than was thought… */
const SLOWER = 0.97;
/** …and this much less after one that comes soon after the last: the limit is another than was thought… */
const MUCH_SLOWER = 0.94;
const SLOWEST = 0.5;
/** …and a hundredth more again with each ten seconds without one. */
const REGAINED_PER_MS = 0.01 / 10_000;

/** The share of the limit of a second that is used now. */
export const tempoNow = ({ tempo }: ConnectionState, nowMs: number): number =>
  Math.min(1, tempo.share + Math.max(0, nowMs - tempo.atMs) * REGAINED_PER_MS);

const slower = (state: ConnectionState, factor: number, nowMs: number): ConnectionState => ({
  ...state,
  tempo: { share: Math.max(SLOWEST, tempoNow(state, nowMs) * factor), atMs: nowMs },
});

/**
 * A person's word: the next call goes out at once, whatever the system asked for or is believed to be. Answers whether
 * anything had held it back. Limits that are stated stay.
 */
export function released(state: ConnectionState, nowMs: number): Decided<boolean> {
  const isHeld = state.held !== null && state.held.untilMs > nowMs;
  const isSpent = toldRoomAtMs(state.told, nowMs) > nowMs;
  const isDown = state.breaker.phase !== 'closed';
  if (!isHeld && !isSpent && !isDown) return { state, answer: false };
  const breaker: Breaker = isDown ? { ...state.breaker, phase: 'open', retryAtMs: nowMs } : state.breaker;
  return { state: { ...state, held: null, told: {}, refusals: { count: 0, atMs: 0 }, breaker }, answer: true };
}
