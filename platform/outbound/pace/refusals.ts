import { type FailureCode, SyncFailure } from '../../../model/failure/failure.ts';
import { type Breaker, reasonOf } from '../limits/breaker.ts';
import type { Lease } from '../limits/lease.ts';
import { instant } from '../limits/report.ts';
import { type Outgoing, placeOf } from '../pipeline.ts';

/** Why calls do not go out now, and for how long. */
export interface Refused {
  readonly code: Extract<FailureCode, 'RATE_LIMITED' | 'QUOTA_SPENT' | 'CONNECTION_DOWN'>;
  readonly why: string;
  readonly forMs: number;
}

/** A longer wait is Temporal's: the step ends, says why, and comes back. */
const MAX_QUEUED_MS = 20_000;
/** A quota that is full again within this is a matter of pace. */
const LONG_MS = 3_600_000;

/** What the lease says to calls that cannot be kept waiting; undefined when they can. Times as in the state. */
export function refusalOf({ admission, held, spent }: Lease, breaker: Breaker, nowMs: number): Refused | undefined {
  if (admission.kind === 'down') {
    const since = instant(breaker.downSinceMs);
    const words = breaker.phase === 'open' ? `down since ${since}` : `down since ${since}, and being tried`;
    const why = `the system is ${words} (${reasonOf(breaker)})`;
    const forMs = breaker.phase === 'open' ? admission.untilMs - nowMs : Math.min(3_000, admission.untilMs - nowMs);
    return { code: 'CONNECTION_DOWN', why, forMs };
  }
  if (held !== null) {
    const forMs = held.untilMs - nowMs;
    return forMs <= MAX_QUEUED_MS ? undefined : { code: held.code, why: 'the system asked for a pause', forMs };
  }
  const forMs = (spent?.untilMs ?? nowMs) - nowMs;
  if (spent === null || forMs <= MAX_QUEUED_MS) return undefined;
  const isLong = spent.window === 'day' || forMs > LONG_MS;
  return { code: isLong ? 'QUOTA_SPENT' : 'RATE_LIMITED', why: quotaWords[spent.window], forMs };
}

const quotaWords = {
  minute: 'the calls that the connection allows in a minute are used up',
  day: 'the calls that the connection allows in a day are used up',
  told: 'the system says that its calls are used up',
} as const;

/** A wait is looked at again after this long, so that a limit that was raised or a person's word counts. */
const LOOK_AGAIN_MS = 900_000;
/** Calls that wait for the same moment come back one after the other. */
const SPREAD = 0.1;
const MAX_SPREAD_MS = 10_000;

/** The failure of a call that was not made: it says until when, and Temporal makes the wait. `nowMs` is since 1970. */
export function notCalled(request: Outgoing, { code, why, forMs }: Refused, nowMs: number): SyncFailure {
  const waitMs = Math.max(0, forMs);
  const spreadMs = Math.random() * Math.min(MAX_SPREAD_MS, 500 + waitMs * SPREAD);
  const message = `${placeOf(request)} was not called: ${why}. It waits until ${instant(nowMs + waitMs)}.`;
  return new SyncFailure(code, message, {
    effect: 'none',
    retryAfterMs: Math.ceil(Math.min(LOOK_AGAIN_MS, waitMs) + spreadMs),
  });
}
