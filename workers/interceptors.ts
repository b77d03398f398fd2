import { setInterval } from 'node:timers';
import type { Context, Info } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { z } from 'zod';
import type { Log } from '../model/connector/connector.ts';
import { failures, isSyncFailure, SyncFailure } from '../model/failure/failure.ts';
import type { Waiting } from '../model/sync/run-state.ts';
import { type CallContext, inCallContext } from '../platform/outbound/journal/call-context.ts';
import { withoutSecrets } from '../platform/secrets/known.ts';
import { stillAlive } from './attempt.ts';
import { waitingAfter } from './waits.ts';

/** A result larger than this never reaches Temporal: it would be a defect, and retried for ever (invariant 9). */
const MAX_RESULT_BYTES = 256 * 1024;

/** A cancellation is heard with a heartbeat, so it is not put off further than this. */
const HEARTBEAT_MS = 1000;

/**
 * The edge between a step and Temporal: keeps the heartbeat going while a call takes long, and turns a failure, once,
 * into what Temporal shall do next (invariant 12).
 */
export class StepEdge implements ActivityInboundCallsInterceptor {
  readonly #context: Context;
  readonly #log: Log;
  readonly #tellRun: TellRun;

  constructor(context: Context, log: Log, tellRun: TellRun) {
    this.#context = context;
    this.#log = log;
    this.#tellRun = tellRun;
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const { info } = this.#context;
    const every = Math.max(200, Math.min(HEARTBEAT_MS, (info.heartbeatTimeoutMs ?? 10_000) / 4));
    const beat = setInterval(() => stillAlive(this.#context), every);
    try {
      return refuseLarge(info.activityType, await inCallContext(contextOf(input, info), () => next(input)));
    } catch (error) {
      const failure = this.#sort(error);
      if (!isSyncFailure(failure)) throw failure;
      const waiting = waitingAfter(failure, info, input.args[0], Date.now());
      if (waiting) await this.#tellRun(info, waiting);
      throw toTemporal(failure);
    } finally {
      clearInterval(beat);
    }
  }

  #sort(error: unknown): unknown {
    if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
    if (this.#context.cancellationSignal.aborted) {
      const { reason } = this.#context.cancellationSignal;
      return reason instanceof CancelledFailure ? reason : new CancelledFailure('the step was cancelled');
    }
    const failure = isSyncFailure(error) ? error : new SyncFailure('INTERNAL', messageOf(error), { cause: error });
    const { activityType, attempt } = this.#context.info;
    this.#log.warn({ step: activityType, attempt, code: failure.code }, withoutSecrets(failure.message));
    return failure;
  }
}

const stepInput = z.tuple([z.looseObject({ run: z.string(), seq: z.number().exactOptional() })]);

/** Every step names its run, and its batch where it has one. */
function contextOf({ args }: ActivityExecuteInput, { activityType, attempt }: Info): CallContext {
  const [input] = stepInput.safeParse(args).data ?? [];
  return { run: input?.run ?? null, batch: input?.seq ?? null, step: activityType, attempt };
}

/** Says to the run that one of its steps waits. */
export type TellRun = (info: Info, waiting: Waiting) => Promise<void>;

/** A failure as Temporal understands it: its type is the code, and only `retry` and `wait` are tried again. */
function toTemporal(failure: SyncFailure): ApplicationFailure {
  const { next } = failures[failure.code];
  return ApplicationFailure.create({
    type: failure.code,
    // The last net under invariant 8, nothing in history: connectors of projects write messages too.
    message: withoutSecrets(failure.message),
    nonRetryable: next !== 'retry' && next !== 'wait',
    ...(failure.place && { details: [failure.place] }),
    ...(failure.retryAfterMs === undefined ? {} : { nextRetryDelay: failure.retryAfterMs }),
  });
}

function refuseLarge(step: string, result: unknown): unknown {
  const bytes = JSON.stringify(result ?? null).length;
  if (bytes > MAX_RESULT_BYTES) {
    throw new SyncFailure('PAYLOAD_TOO_LARGE', `${step} answers ${bytes} bytes, the limit is ${MAX_RESULT_BYTES}`);
  }
  return result;
}

/** The kind and place of an unknown error; its message may hold record data and stays in the worker's own log. */
function messageOf(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  const place = error instanceof Error ? /at .*?([\w.-]+:\d+):\d+\)?$/m.exec(error.stack ?? '')?.[1] : undefined;
  return place === undefined ? name : `${name} at ${place}`;
}
