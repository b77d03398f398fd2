import { SyncFailure } from '../../model/failure/failure.ts';
import type { Attempt } from '../attempt.ts';

/**
 * Keeps the steps of one connection from taking every place of a worker: so many are at work at once, as many wait in
 * line, and any more give their place back and are tried again a little later. A system that hangs then holds up its own
 * syncs and nobody else's. While places are given back quickly the line may be longer, as waiting costs less than being
 * turned away: by the pace of late, whoever joins it is at work within a second.
 */
export class Bulkhead {
  readonly #limit: number;
  readonly #places: number;
  readonly #attempt: () => Pick<Attempt, 'number' | 'signal'>;
  readonly #connections = new Map<string, Line>();

  /**
   * `limit`: steps of one connection at once. `places`: of the worker; no connection has more in line and at work.
   * `attempt`: the one that asks for a place.
   */
  constructor(limit: number, places: number, attempt: () => Pick<Attempt, 'number' | 'signal'>) {
    this.#limit = limit;
    this.#places = places;
    this.#attempt = attempt;
  }

  /** Works on a step that calls `connection`. Throws CONNECTION_BUSY when the line is full. */
  async hold<T>(connection: string, work: () => Promise<T>): Promise<T> {
    const { number, signal } = this.#attempt();
    await this.enter(connection, number, signal);
    const enteredMs = performance.now();
    try {
      return await work();
    } finally {
      this.leave(connection, performance.now() - enteredMs);
    }
  }

  async enter(connection: string, attempt: number, signal: AbortSignal): Promise<void> {
    const line = this.#connections.get(connection) ?? newLine();
    this.#connections.set(connection, line);
    if (line.atWork < this.#limit) {
      line.atWork++;
      return;
    }
    const isLong = line.waiting.size >= this.#limit;
    if (isLong && !this.#isQuick(line)) throw busy(connection, this.#limit, attempt);
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const end = (then: () => void) => () => {
        clearTimeout(patience);
        line.waiting.delete(enter);
        signal.removeEventListener('abort', leaveLine);
        then();
      };
      const enter = end(resolve);
      const leaveLine = end(() => reject(signal.reason));
      const turnAway = end(() => reject(busy(connection, this.#limit, attempt)));
      const patience = isLong ? setTimeout(turnAway, PATIENCE_MS) : undefined;
      line.waiting.add(enter);
      signal.addEventListener('abort', leaveLine, { once: true });
    });
  }

  /** Hands the place to whoever has waited longest. `heldMs`: how long the place was held. */
  leave(connection: string, heldMs: number): void {
    const line = this.#connections.get(connection);
    if (!line) return;
    line.movedMs = performance.now();
    line.heldMs += (heldMs - line.heldMs) / PACE_OVER;
    const [next] = line.waiting;
    if (next) next();
    else if (--line.atWork === 0) this.#connections.delete(connection);
  }

  /** Whether one more is likely to be at work before its patience is over. A line that stands still is not quick. */
  #isQuick({ atWork, waiting, heldMs, movedMs }: Line): boolean {
    if (atWork + waiting.size >= this.#places) return false;
    const everyMs = Math.max(heldMs / this.#limit, performance.now() - movedMs);
    return (waiting.size + 1) * everyMs < PATIENCE_MS;
  }
}

interface Line {
  atWork: number;
  /** Each lets one in. */
  readonly waiting: Set<() => void>;
  /** How long a place was held, of late. */
  heldMs: number;
  /** When a place was last given back, or the line began. */
  movedMs: number;
}

const newLine = (): Line => ({ atWork: 0, waiting: new Set(), heldMs: 0, movedMs: performance.now() });

/** Who is too many for a line that does not move waits so long at the most. */
const PATIENCE_MS = 1000;
/** The pace is that of the last so many, about. */
const PACE_OVER = 8;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

const busy = (connection: string, limit: number, attempt: number): SyncFailure =>
  new SyncFailure(
    'CONNECTION_BUSY',
    `${limit} steps of ${connection} are at work on this worker, and as many wait in line`,
    { effect: 'none', retryAfterMs: pauseMs(attempt) },
  );

/** Growing, and never the same for two steps that were turned away together. */
const pauseMs = (attempt: number): number =>
  Math.round(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2));
