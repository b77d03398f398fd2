import type { ChaosClass } from './chaos-class.ts';
import type { RunEnd } from './runs.ts';

/** How a round went, until its runs had ended. */
export interface Played {
  readonly ends: ReadonlyMap<ChaosClass, RunEnd>;
  /** From the moment when everything was whole again until every run had ended. */
  readonly recoveryMs: number;
  /** `kill -9` of workers. */
  readonly kills: number;
  /** The longest time that a sync with an open run did nothing that shows. */
  readonly silenceMs: number;
  /** Pages that the source gave again to one later attempt to read, at the most. */
  readonly pagesAgain: number;
  /** Batches of one sync with requests in doubt at one moment, at the most. */
  readonly batchesInDoubt: number;
}
