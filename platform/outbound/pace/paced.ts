import type { Log } from '../../../model/connector/connector.ts';
import { type FailureCode, isSyncFailure } from '../../../model/failure/failure.ts';
import { failureOf } from '../errors/classify.ts';
import type { Sort } from '../errors/error-rules.ts';
import { callContext } from '../journal/call-context.ts';
import { isDown } from '../limits/breaker.ts';
import { type Incoming, type Outgoing, placeOf, type Send, type Stage } from '../pipeline.ts';
import { limitsHeard } from './limit-headers.ts';
import type { Pace, Pass } from './pace.ts';
import { MAX_RETRY_AFTER_MS } from './retry-after.ts';
import type { Caller } from './waiting-room.ts';

/** A cheap read of the connection that finds out whether it is back; undefined where none is stated. */
export type Probe = (request: Outgoing) => Outgoing | undefined;

export interface PacedParts {
  readonly pace: Pace;
  /** Of the connection, with its port. */
  readonly host: string;
  readonly probe: Probe;
  readonly sort: Sort;
  readonly log: Log;
  readonly nowMs: () => number;
}

/**
 * Keeps calls under the limits of the connection and from a system that is down, and takes in what answers say about
 * both. A system that was down is tried by the probe, where there is one: no write has to find out.
 */
export const paced =
  ({ pace, host, probe, sort, log, nowMs }: PacedParts): Stage =>
  (next) =>
  async (request) => {
    // A token endpoint on another host has limits and troubles of its own.
    if (request.url.host !== host) return next(request);
    const pass = await pace.enter(request, callerOf(request));
    let down: FailureCode | undefined;
    try {
      const trial = pass.isTry ? probe(request) : undefined;
      if (trial !== undefined) await probed(trial, next, sort);
      const answer = await next(request);
      down = takeIn(pace, pass, answer, sort, nowMs());
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
async function probed(trial: Outgoing, next: Send, sort: Sort): Promise<void> {
  const answer = await next(trial);
  const verdict = sort(answer);
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
function takeIn(pace: Pace, pass: Pass, answer: Incoming, sort: Sort, nowMs: number): FailureCode | undefined {
  const heard = limitsHeard(answer.headers, nowMs);
  if (heard.length > 0) pace.hear(heard);
  const { code, retryAfterMs: waitMs } = sort(answer) ?? {};
  if (code === 'RATE_LIMITED' || code === 'QUOTA_SPENT') pace.refused(pass, { code, waitMs });
  if (code === undefined || !isDown(code)) return undefined;
  if (answer.status !== 503 || waitMs === undefined) return code;
  // It says when it will be back: nothing has to be found out.
  pace.refused(pass, { code: 'CONNECTION_DOWN', waitMs });
  return undefined;
}
