import { z } from 'zod';
import { toldSchema } from './announced.ts';
import { breakerSchema, closedBreaker } from './breaker.ts';
import { nothingSpent, spentSchema } from './quota.ts';
import { workerSchema } from './shares.ts';

/**
 * What all workers know together of one connection: what of its limits is used up, and whether it is down. Times are
 * milliseconds since 1970 by the clock of the store, so that the clocks of workers do not matter.
 */
export const connectionStateSchema = z.object({
  /** When the next evenly spaced call is due. */
  dueMs: z.number(),
  minute: spentSchema,
  day: spentSchema,
  told: z.record(z.string(), toldSchema),
  /** Calls a second that the system was heard to allow; null when it said nothing. */
  learntPerSecond: z.object({ limit: z.number(), untilMs: z.number() }).nullable(),
  /** The system asked for no calls until then. */
  held: z.object({ untilMs: z.number(), code: z.enum(['RATE_LIMITED', 'QUOTA_SPENT', 'CONNECTION_DOWN']) }).nullable(),
  /** Refusals (429) in a row that did not say how long to wait. */
  refusals: z.object({ count: z.number(), atMs: z.number() }),
  /** Share of the limit of a second that is used since the system refused within it; it grows back to 1. */
  tempo: z.object({ share: z.number(), atMs: z.number() }),
  workers: z.record(z.string(), workerSchema),
  breaker: breakerSchema,
});
export type ConnectionState = z.infer<typeof connectionStateSchema>;

export const untouched: ConnectionState = {
  dueMs: 0,
  minute: nothingSpent,
  day: nothingSpent,
  told: {},
  learntPerSecond: null,
  held: null,
  refusals: { count: 0, atMs: 0 },
  tempo: { share: 1, atMs: 0 },
  workers: {},
  breaker: closedBreaker,
};

/** One change: what becomes of the state, and what the asker is told. */
export interface Decided<T> {
  readonly state: ConnectionState;
  readonly answer: T;
}

/** Where the state of connections is kept. */
export interface StateStore {
  /**
   * Changes the state of a connection. `decide` must be pure: it is called again when another worker was faster.
   * A state that it gives back as it was is not written.
   */
  change<T>(connection: string, decide: (state: ConnectionState, nowMs: number) => Decided<T>): Promise<T>;
}

/** Of one process, for calls outside of any ledger. `nowMs` is since 1970 and never goes back. */
export function memoryStore(nowMs: () => number): StateStore {
  const states = new Map<string, ConnectionState>();
  return {
    async change(connection, decide) {
      const { state, answer } = decide(states.get(connection) ?? untouched, nowMs());
      states.set(connection, state);
      return answer;
    },
  };
}
