import type { CallLimits } from '../../model/connection.ts';
import { SyncFailure } from '../../model/failure.ts';
import { type Incoming, type Outgoing, placeOf, type Stage } from './pipeline.ts';
import { RateWindow } from './window.ts';

/** Calls at once to one connection whose owner states no limit. */
const DEFAULT_CONCURRENT = 64;

/**
 * Decides when a call may start. This one knows the calls of its own process; one that shares its budget among
 * processes takes its place.
 */
export interface Pace {
  /** Resolves when the call may start. Throws the reason of the signal, or RATE_LIMITED while the system holds us off. */
  enter(request: Outgoing): Promise<void>;
  /** The call has ended. */
  leave(): void;
  /** The system asked for no calls for this long. */
  holdOff(ms: number): void;
}

interface Waiting {
  readonly request: Outgoing;
  readonly go: () => void;
  readonly fail: (reason: unknown) => void;
}

/** `elapsedMs` reads a clock that never goes back. */
export function localPace(limits: CallLimits, elapsedMs: () => number): Pace {
  const windows = windowsOf(limits);
  const concurrent = limits.concurrent ?? DEFAULT_CONCURRENT;
  let waiting: Waiting[] = [];
  let running = 0;
  let heldUntilMs = 0;
  let alarmSet = false;

  const waitMs = (): number => Math.max(0, ...windows.map((window) => window.waitMs(elapsedMs())));

  function admit(): void {
    while (running < concurrent && waiting.length > 0) {
      const ms = waitMs();
      if (ms > 0) {
        admitIn(ms);
        return;
      }
      start(waiting.shift());
    }
  }

  function admitIn(ms: number): void {
    if (alarmSet) return;
    alarmSet = true;
    setTimeout(() => {
      alarmSet = false;
      admit();
    }, Math.ceil(ms));
  }

  function start(next: Waiting | undefined): void {
    for (const window of windows) window.start(elapsedMs());
    running++;
    next?.go();
  }

  function heldOff(request: Outgoing): SyncFailure | undefined {
    const ms = heldUntilMs - elapsedMs();
    if (ms <= 0) return undefined;
    const message = `${placeOf(request)} was not called: the system asked for no calls for another ${Math.ceil(ms / 1000)} s.`;
    return new SyncFailure('RATE_LIMITED', message, { effect: 'none', retryAfterMs: Math.ceil(ms) });
  }

  return {
    async enter(request) {
      request.signal.throwIfAborted();
      const failure = heldOff(request);
      if (failure) throw failure;
      if (waiting.length === 0 && running < concurrent && waitMs() === 0) return start(undefined);
      await new Promise<void>((resolve, reject) => {
        const leaveQueue = () => {
          waiting = waiting.filter((other) => other !== entry);
          reject(request.signal.reason);
        };
        const settled = (settle: () => void) => () => {
          request.signal.removeEventListener('abort', leaveQueue);
          settle();
        };
        const entry: Waiting = { request, go: settled(resolve), fail: (reason) => settled(() => reject(reason))() };
        request.signal.addEventListener('abort', leaveQueue, { once: true });
        waiting.push(entry);
        admit();
      });
    },
    leave() {
      running--;
      admit();
    },
    holdOff(ms) {
      heldUntilMs = Math.max(heldUntilMs, elapsedMs() + ms);
      const refused = waiting;
      waiting = [];
      for (const { request, fail } of refused) fail(heldOff(request));
    },
  };
}

function windowsOf({ perSecond, perMinute }: CallLimits): readonly RateWindow[] {
  return [
    ...(perSecond === undefined ? [] : [new RateWindow(perSecond, 1_000)]),
    ...(perMinute === undefined ? [] : [new RateWindow(perMinute, 60_000)]),
  ];
}

/** Keeps calls under the limits of the connection. `askedToWaitMs` reads from an answer how long it asks us to wait. */
export const paced =
  (pace: Pace, askedToWaitMs: (answer: Incoming) => number | undefined): Stage =>
  (next) =>
  async (request) => {
    await pace.enter(request);
    try {
      const answer = await next(request);
      const ms = answer.status === 429 ? askedToWaitMs(answer) : undefined;
      if (ms !== undefined) pace.holdOff(ms);
      return answer;
    } finally {
      pace.leave();
    }
  };
