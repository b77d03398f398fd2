import type { FailureCode } from './failure.ts';

/** How the program ends: an interface for scripts (docs/project.md lists them). */
export const exitCode = {
  ok: 0,
  /** A run failed, or an error that has no code of its own. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** connections.yaml, a mapping or a sync has errors. */
  invalid: 3,
  /** The run ended with records in quarantine. */
  partial: 4,
  /** Temporal, PostgreSQL or a system cannot be reached. */
  unreachable: 5,
  /** The credentials do not allow it. */
  forbidden: 6,
  /** Another run or process holds it. */
  conflict: 7,
  timeout: 8,
} as const;

/** Of a command that Ctrl-C ended, by the convention of shells. */
export const interruptedExit = 130;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode] | typeof interruptedExit;

const byFailure: Partial<Record<FailureCode, ExitCode>> = {
  PROJECT_INVALID: exitCode.invalid,
  SECRET_MISSING: exitCode.invalid,
  ENCRYPTION_KEY_MISSING: exitCode.invalid,
  SEALED_DATA_DAMAGED: exitCode.invalid,
  SECRET_STORE_UNAVAILABLE: exitCode.unreachable,
  SYNC_UNKNOWN: exitCode.usage,
  CONNECTION_REFUSED: exitCode.unreachable,
  CONNECTION_LOST: exitCode.unreachable,
  DNS_FAILED: exitCode.unreachable,
  TLS_FAILED: exitCode.unreachable,
  SQL_UNAVAILABLE: exitCode.unreachable,
  LEDGER_UNAVAILABLE: exitCode.unreachable,
  TEMPORAL_UNAVAILABLE: exitCode.unreachable,
  STACK_FAILED: exitCode.unreachable,
  AUTH_REJECTED: exitCode.forbidden,
  FORBIDDEN: exitCode.forbidden,
  LOCKED: exitCode.conflict,
  STACK_IN_USE: exitCode.conflict,
  FENCED: exitCode.conflict,
  HOLD_LOST: exitCode.conflict,
  PLAN_CHANGED: exitCode.conflict,
  TIMEOUT: exitCode.timeout,
};

/** The exit code of a command that ended with this failure. */
export const exitCodeOf = (code: FailureCode): ExitCode => byFailure[code] ?? exitCode.failed;
