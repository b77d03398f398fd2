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
  /** Ctrl-C ended it; by the convention of shells. */
  interrupted: 130,
} as const;

export type ExitName = keyof typeof exitCode;
export type ExitCode = (typeof exitCode)[ExitName];
