import type { Breaker } from './breaker.ts';
import { type Heard, toldRoomAtMs } from './heard.ts';
import type { ConnectionState, Decided } from './state.ts';

/** The system asked for fewer calls. `waitMs`: for how long it wants none; undefined when it did not say. */
export interface Refusal {
  readonly code: 'RATE_LIMITED' | 'QUOTA_SPENT' | 'CONNECTION_DOWN';
  readonly waitMs: number | undefined;
  /** The calls were spread under a limit of a second: one came too early, and a short wait makes up for it. */
  readonly isSpaced?: boolean;
}

const FIRST_WAIT_MS = 1_000;
const FIRST_SPACED_WAIT_MS = 200;
const MAX_WAIT_MS = 60_000;
/** A refusal this soon after the last wait shows that the wait was too short. */
const SOON_MS = 2_000;

/**
 * No call of any worker before the time that the system named; where it named none, a second at most, and twice as
 * long when it refuses again at once.
 */
export function heldAfter(before: ConnectionState, refusal: Refusal, nowMs: number): ConnectionState {
  const { code, waitMs, isSpaced = false } = refusal;
  const heldUntilMs = before.held?.untilMs ?? 0;
  // Calls that were under way together are refused together: that is one refusal.
  const isKnown = heldUntilMs > nowMs;
  const state = isKnown || code !== 'RATE_LIMITED' ? before : slower(before, nowMs);
  if (waitMs !== undefined)
    return nowMs + waitMs <= heldUntilMs ? state : { ...state, held: { untilMs: nowMs + waitMs, code } };
  if (isKnown) return state;
  const count = nowMs - heldUntilMs > SOON_MS ? 1 : state.refusals.count + 1;
  const untilMs = nowMs + Math.min(MAX_WAIT_MS, (isSpaced ? FIRST_SPACED_WAIT_MS : FIRST_WAIT_MS) * 2 ** (count - 1));
  return { ...state, held: { untilMs, code }, refusals: { count, atMs: nowMs } };
}

/** Of the limit of a second this much less is used after a refusal… */
const SLOWER = 0.97;
const SLOWEST = 0.5;
/** …and a hundredth more again with each three seconds without one. */
const REGAINED_PER_MS = 0.01 / 3_000;

/** The share of the limit of a second that is used now. */
export const tempoNow = ({ tempo }: ConnectionState, nowMs: number): number =>
  Math.min(1, tempo.share + Math.max(0, nowMs - tempo.atMs) * REGAINED_PER_MS);

const slower = (state: ConnectionState, nowMs: number): ConnectionState => ({
  ...state,
  tempo: { share: Math.max(SLOWEST, tempoNow(state, nowMs) * SLOWER), atMs: nowMs },
});

/** Windows up to this long are kept by an even pace instead of counting down what is left. */
const SHORT_WINDOW_MS = 5_000;
/** What was heard holds this long unless it is heard again. */
const LEARNT_FOR_MS = 3_600_000;

/** The calls a second that the stated limits of short windows come to; undefined when none is stated. */
export function learntFrom(heard: readonly Heard[]): number | undefined {
  const rates = heard.flatMap(({ units, windowMs }) =>
    units === null || windowMs === undefined || windowMs > SHORT_WINDOW_MS ? [] : [(units * 1000) / windowMs],
  );
  return rates.length === 0 ? undefined : Math.min(...rates);
}

/** Takes in a limit of calls a second. */
export const learntAfter = (state: ConnectionState, limit: number, nowMs: number): ConnectionState => ({
  ...state,
  learntPerSecond: { limit, untilMs: nowMs + LEARNT_FOR_MS },
});

/** What is counted down: all but what an even pace keeps. */
export const counted = (heard: readonly Heard[]): readonly Heard[] =>
  heard.filter(({ windowMs }) => windowMs === undefined || windowMs > SHORT_WINDOW_MS);

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
