import { Context } from '@temporalio/activity';
import { SyncFailure } from '../model/failure.ts';

/**
 * Keeps the steps of one connection from taking every place of a worker: so many are at work at once, as many wait in
 * line, and any more give their place back and are tried again a little later. A system that hangs then holds up its own
 * syncs and nobody else's.
 */
export class Bulkhead {
  readonly #limit: number;
  readonly #connections = new Map<string, Line>();

  /** Steps of one connection at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Works on a step that calls `connection`. Throws CONNECTION_BUSY when the line is full. */
  async hold<T>(connection: string, work: () => Promise<T>): Promise<T> {
    const { attempt } = Context.current().info;
    await this.enter(connection, attempt, Context.current().cancellationSignal);
    try {
      return await work();
    } finally {
      this.leave(connection);
    }
  }

  async enter(connection: string, attempt: number, signal: AbortSignal): Promise<void> {
    const line = this.#connections.get(connection) ?? { atWork: 0, waiting: new Set() };
    this.#connections.set(connection, line);
    if (line.atWork < this.#limit) {
      line.atWork++;
      return;
    }
    if (line.waiting.size >= this.#limit) throw busy(connection, this.#limit, attempt);
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leaveLine = () => {
        line.waiting.delete(enter);
        reject(signal.reason);
      };
      const enter = () => {
        signal.removeEventListener('abort', leaveLine);
        resolve();
      };
      line.waiting.add(enter);
      signal.addEventListener('abort', leaveLine, { once: true });
    });
  }

  /** Hands the place to whoever has waited longest. */
  leave(connection: string): void {
    const line = this.#connections.get(connection);
    if (!line) return;
    const [next] = line.waiting;
    if (next) {
      line.waiting.delete(next);
      next();
    } else if (--line.atWork === 0) this.#connections.delete(connection);
  }
}

interface Line {
  atWork: number;
  readonly waiting: Set<() => void>;
}

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
