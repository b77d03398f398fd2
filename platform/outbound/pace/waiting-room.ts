import type { Outgoing } from '../pipeline.ts';
import { FairQueue } from './fair-queue.ts';

/** For whom a call is made. */
export interface Caller {
  /** The sync; calls of one take turns with those of the others. */
  readonly lane: string;
  /** A person waits for it. */
  readonly isInteractive: boolean;
  readonly isRetry: boolean;
}

interface Waiting {
  readonly request: Outgoing;
  /** A person waits for it: it comes first. */
  readonly isInteractive: boolean;
  /** It may touch the reserve. */
  readonly isPrivileged: boolean;
  readonly go: (isTry: boolean) => void;
  readonly fail: (reason: unknown) => void;
}

/** Calls that wait until they may start; those of a sync stand in one lane, and lanes take turns. */
export class WaitingRoom {
  readonly #queue = new FairQueue<Waiting>();

  /** Resolves when it is the call's turn, saying whether it is a try; rejects with the reason of the signal. */
  wait(request: Outgoing, { lane, isInteractive, isRetry }: Caller): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const settled = (settle: () => void) => {
        request.signal.removeEventListener('abort', leave);
        settle();
      };
      const entry: Waiting = {
        request,
        isInteractive,
        isPrivileged: isInteractive || isRetry,
        go: (isTry) => settled(() => resolve(isTry)),
        fail: (reason) => settled(() => reject(reason)),
      };
      const leave = () => {
        this.#queue.remove(entry);
        reject(request.signal.reason);
      };
      request.signal.addEventListener('abort', leave, { once: true });
      this.#queue.push(lane, entry);
    });
  }

  get size(): number {
    return this.#queue.size;
  }

  /** Calls that may touch the reserve. */
  get privileged(): number {
    return this.#queue.count(({ isPrivileged }) => isPrivileged);
  }

  /** As many as it is their turn when each sync gets this many. */
  due(quantum: number): number {
    return Math.min(this.#queue.size, this.#queue.lanes * quantum);
  }

  /** Lets the next one go; false when nobody waits. */
  admit(isTry: boolean): boolean {
    const entry = this.#queue.take(({ isInteractive }) => isInteractive) ?? this.#queue.take();
    entry?.go(isTry);
    return entry !== undefined;
  }

  /** Nobody waits any longer. */
  refuseAll(reason: (request: Outgoing) => unknown): void {
    for (const { request, fail } of this.#queue.drain()) fail(reason(request));
  }
}
