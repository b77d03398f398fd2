import type { Connection } from '../../../model/connection/connection.ts';
import type { Breaker } from '../limits/breaker.ts';
import { type Ask, type Lease, lease } from '../limits/lease.ts';
import type { StateStore } from '../limits/state.ts';
import type { Grants } from './grants.ts';
import type { Evidence } from './outcome-tally.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Calls of one sync that are asked for at once, as a time; as many more as a question takes longer. */
const QUANTUM_MS = 60;
/** The same where no limit of a second is known. */
const QUANTUM_CALLS = 10;
/** Slots beyond what waits cover this much of a second, so that a fast connection is not asked for each call. */
const SPARE_SECONDS = 0.025;
/** A try of a system that was down may take this much longer than its time-out. */
const TRY_GRACE_MS = 5_000;

export interface PaceParts {
  readonly connection: Connection;
  readonly store: StateStore;
  /** Names this worker among all that call the connection. */
  readonly worker: string;
  readonly clock: {
    /** Milliseconds since 1970. */
    now(): number;
    /** Milliseconds; never goes back. */
    elapsedMs(): number;
  };
}

/** How a worker stands when it asks. */
export interface Standing {
  readonly room: WaitingRoom;
  readonly grants: Grants;
  readonly evidence: Evidence;
  /** Calls under way. */
  readonly running: number;
  /** Calls a second that are kept to; undefined where no limit of a second is known. */
  readonly perSecond: number | undefined;
}

export interface Answered {
  readonly lease: Lease;
  readonly breaker: Breaker;
  /** By the store's clock. */
  readonly nowMs: number;
  /** The worker's clock less the store's. */
  readonly aheadMs: number;
}

/** With each question, so much of what the one before took still counts: what counts is the slowest of the last few. */
const KEPT = 0.8;

/** Tells the store what the worker has seen, and asks for the next calls: of no sync more than of another. */
export class Question {
  readonly #parts: PaceParts;
  /** How long it takes, as of late. */
  tookMs = 0;

  constructor(parts: PaceParts) {
    this.#parts = parts;
  }

  async ask(standing: Standing): Promise<Answered> {
    const { connection, store, clock } = this.#parts;
    const ask = this.#words(standing);
    const askedMs = clock.elapsedMs();
    const answered = await store.change(connection.name, (before, nowMs) => {
      const { state, answer } = lease(before, ask, nowMs);
      return { state, answer: { lease: answer, breaker: state.breaker, nowMs, aheadMs: clock.elapsedMs() - nowMs } };
    });
    this.tookMs = Math.max(clock.elapsedMs() - askedMs, this.tookMs * KEPT);
    return answered;
  }

  #words({ room, grants, evidence, running, perSecond }: Standing): Ask {
    const { connection, worker } = this.#parts;
    const quantumMs = Math.max(QUANTUM_MS, this.tookMs);
    const quantum = perSecond === undefined ? QUANTUM_CALLS : Math.max(1, Math.ceil((perSecond * quantumMs) / 1_000));
    // None of a quota of a minute or a day: what a worker does not use when it ends would be lost.
    const spare = perSecond === undefined ? 0 : Math.floor(perSecond * SPARE_SECONDS);
    return {
      worker,
      limits: connection.limits,
      running,
      waiting: Math.max(0, Math.min(room.due(quantum), room.size - grants.left)),
      privileged: room.privileged,
      spare: room.size > 0 ? spare : 0,
      unused: grants.takeUnused(),
      ...evidence.take(),
      tryMs: connection.timeoutMs + TRY_GRACE_MS,
      chance: Math.random(),
    };
  }
}
