import type { Heard } from './announced.ts';
import type { ConnectionState } from './state.ts';

/** Windows up to this long are kept by an even pace instead of counting down what is left. */
const SHORT_WINDOW_MS = 5_000;
/** What was heard holds this long unless it is heard again. */
const LEARNT_FOR_MS = 3_600_000;
/** A lesser limit that was not heard again for this long holds no longer: answers of several paths may name several. */
const LESSER_KEPT_MS = 60_000;

/** The calls a second that the stated limits of short windows come to; undefined when none is stated. */
function learntFrom(heard: readonly Heard[]): number | undefined {
  const rates = heard.flatMap(({ units, windowMs }) =>
    units === null || windowMs === undefined || windowMs > SHORT_WINDOW_MS ? [] : [(units * 1000) / windowMs],
  );
  return rates.length === 0 ? undefined : Math.min(...rates);
}

/** What is counted down: all but what an even pace keeps. */
export const counted = (heard: readonly Heard[]): readonly Heard[] =>
  heard.filter(({ windowMs }) => windowMs === undefined || windowMs > SHORT_WINDOW_MS);

/** Takes in a limit of calls a second. */
export const learntAfter = (state: ConnectionState, limit: number, nowMs: number): ConnectionState => ({
  ...state,
  learntPerSecond: { limit, untilMs: nowMs + LEARNT_FOR_MS },
});

/** The calls a second that one worker has heard a system allow. */
export class Learnt {
  #perSecond: number | undefined;
  #heardMs = Number.NEGATIVE_INFINITY;
  #toldMs = Number.NEGATIVE_INFINITY;

  /** Takes in what an answer said. The limit, where all workers should be told of it: it is another, or would be forgotten. */
  hear(heard: readonly Heard[], nowMs: number): number | undefined {
    const limit = learntFrom(heard);
    if (limit === undefined) return undefined;
    const known = this.#perSecond;
    if (known !== undefined && limit > known && nowMs - this.#heardMs < LESSER_KEPT_MS) return undefined;
    this.#perSecond = limit;
    this.#heardMs = nowMs;
    if (limit === known && nowMs - this.#toldMs < LEARNT_FOR_MS / 2) return undefined;
    this.#toldMs = nowMs;
    return limit;
  }

  /** As heard, or as stated where that is less; undefined where neither is known. */
  under(stated: number | undefined): number | undefined {
    if (this.#perSecond === undefined || stated === undefined) return this.#perSecond ?? stated;
    return Math.min(this.#perSecond, stated);
  }
}
