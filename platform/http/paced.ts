import type { Log } from '../../model/connector.ts';
import { type FailureCode, isSyncFailure } from '../../model/failure.ts';
import { callContext } from '../journal/context.ts';
import { isDown } from '../limits/breaker.ts';
import { classifyStatus, failureOf } from './classify.ts';
import { limitsHeard } from './limit-headers.ts';
import type { Pace } from './pace.ts';
import { type Incoming, type Outgoing, placeOf, type Send, type Stage } from './pipeline.ts';
import { MAX_RETRY_AFTER_MS, retryAfterMs } from './retry-after.ts';
import type { Caller } from './waiting-room.ts';

/** A cheap read of the connection that finds out whether it is back; undefined where none is stated. */
export type Probe = (request: Outgoing) => Outgoing | undefined;

/**
 * Keeps calls under the limits of the connection and from a system that is down, and takes in what answers say about
 * both. A system that was down is tried by the probe, where there is one: no write has to find out.
 */
export const paced =
  (pace: Pace, nowMs: () => number, probe: Probe, log: Log): Stage =>
  (next) =>
  async (request) => {
    const pass = await pace.enter(request, callerOf(request));
    let down: FailureCode | undefined;
    try {
      const trial = pass.isTry ? probe(request) : undefined;
      if (trial !== undefined) await probed(trial, next, nowMs());
      const answer = await next(request);
      down = takeIn(pace, answer, nowMs());
      warnOfAbsurd(answer, request, log);
      return answer;
    } catch (error) {
      down = isSyncFailure(error) && isDown(error.code) ? error.code : undefined;
      throw error;
    } finally {
      pace.leave(pass, down);
    }
  };

/** For whom a call is made: outside of a run, for a person who waits for it. */
function callerOf({ use }: Outgoing): Caller {
  const context = callContext();
  const isInteractive = (context?.run ?? null) === null;
  return { lane: use?.sync ?? '', isInteractive, isRetry: (context?.attempt ?? 1) > 1 };
}

/** Throws what the probe failed with, without an effect: the call itself was not sent. */
async function probed(trial: Outgoing, next: Send, nowMs: number): Promise<void> {
  const answer = await next(trial);
  const verdict = classifyStatus({ ...answer, nowMs });
  if (verdict !== undefined && isDown(verdict.code)) throw failureOf(placeOf(trial), { ...verdict, effect: 'none' });
}

/** A wait that was cut short is worth a look: the system may mean it. */
function warnOfAbsurd({ status, headers }: Incoming, request: Outgoing, log: Log): void {
  if (status !== 429 && status !== 503) return;
  const asked = headers['retry-after'] ?? '';
  if (Number(asked) * 1000 > MAX_RETRY_AFTER_MS)
    log.warn(
      { askedSeconds: Number(asked) },
      `${placeOf(request)} asked for a wait of more than an hour, which is cut to one`,
    );
}

/** What an answer says of limits; its code when it shows that the system is down. */
function takeIn(pace: Pace, answer: Incoming, nowMs: number): FailureCode | undefined {
  const { status, headers } = answer;
  const heard = limitsHeard(headers, nowMs);
  if (heard.length > 0) pace.hear(heard);
  const waitMs = retryAfterMs(headers, nowMs);
  if (status === 429) pace.refused({ code: 'RATE_LIMITED', waitMs });
  if (status === 503 && waitMs !== undefined) {
    pace.refused({ code: 'CONNECTION_DOWN', waitMs });
    return undefined;
  }
  const code = classifyStatus({ status, headers, nowMs })?.code;
  return code !== undefined && isDown(code) ? code : undefined;
}
