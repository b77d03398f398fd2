import type { Subject } from '../operation/terminal-words.ts';
import { engineFailures } from './engine-failures.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import type { FailureKind, NextAction } from './failure-kind.ts';
import { recordFailures } from './record-failures.ts';
import { requestFailures } from './request-failures.ts';
import { runFailures } from './run-failures.ts';
import { systemFailures } from './system-failures.ts';

/**
 * Every failure of the product. Codes are an interface: they are stored in history, ledger and logs and are never renamed.
 * `docs/failures.md` is written from them; a test compares.
 */
export const failures = {
  ...systemFailures,
  ...recordFailures,
  ...runFailures,
  ...engineFailures,
  ...requestFailures,
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof failures;

/** How a program ends that met this failure. */
export const exitCodeOf = (code: FailureCode): ExitCode => exitCode[failures[code].exit];

export const isFailureCode = (code: unknown): code is FailureCode =>
  typeof code === 'string' && Object.hasOwn(failures, code);

/** On which side of a sync a failure happened, and at which connection: source and destination are never confused. */
export interface FailurePlace {
  readonly side: 'source' | 'destination';
  readonly connection: string;
}

/** A place as a failure carries it through Temporal; undefined when it carries none. */
export function failurePlace(detail: unknown): FailurePlace | undefined {
  if (typeof detail !== 'object' || detail === null || !('side' in detail) || !('connection' in detail))
    return undefined;
  const { side, connection } = detail;
  if (side !== 'source' && side !== 'destination') return undefined;
  return typeof connection === 'string' ? { side, connection } : undefined;
}

export interface FailureDetail {
  /** Not before this many milliseconds from now; only for `retry` and `wait`. */
  readonly retryAfterMs?: number;
  /**
   * Whether a failed write can have changed the other side: `none` when it surely did not (refused, 429),
   * `unknown` when it may have (time-out, cut connection, 500). Default `unknown`.
   */
  readonly effect?: 'none' | 'unknown';
  readonly cause?: unknown;
  /** What to do here, where the words of the list are too general; names operations in braces. */
  readonly todo?: string;
  /** What those words are about. */
  readonly about?: Subject;
}

/**
 * A failure with a code of the list. Its message says what happened where, in words without record data,
 * secrets or response bodies: it is shown in history and logs.
 */
export class SyncFailure extends Error {
  override readonly name = 'SyncFailure';
  readonly code: FailureCode;
  readonly retryAfterMs: number | undefined;
  readonly effect: 'none' | 'unknown';
  readonly todo: string;
  readonly about: Subject;
  /** Set once, where a step called the system; absent for failures of the engine's own parts. */
  place?: FailurePlace;

  constructor(code: FailureCode, message: string, detail: FailureDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.retryAfterMs = detail.retryAfterMs;
    this.effect = detail.effect ?? 'unknown';
    this.todo = detail.todo ?? failures[code].todo;
    this.about = detail.about ?? {};
  }

  get next(): NextAction {
    return failures[this.code].next;
  }
}

/** Recognises a SyncFailure of another copy of this module too, as a project's own connector may have loaded one. */
export const isSyncFailure = (error: unknown): error is SyncFailure =>
  error instanceof Error && error.name === 'SyncFailure' && 'code' in error && isFailureCode(error.code);

/** What an operation answers that does nothing of what it was asked. */
export const refusal = (
  code: RequestFailureCode | 'LOCKED' | 'TIMEOUT',
  message: string,
  detail: Pick<FailureDetail, 'todo' | 'about'> = {},
): SyncFailure => new SyncFailure(code, message, { ...detail, effect: 'none' });

export type RequestFailureCode = keyof typeof requestFailures;
