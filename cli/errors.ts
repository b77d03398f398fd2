import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';

/**
 * A command that cannot go on, for reasons that are no SyncFailure: wrong arguments, something missing.
 * The frame prints it (as JSON with `--json`) and exits with `exit`.
 */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  /** Stable, upper case, such as `USAGE`. */
  readonly code: string;
  readonly exit: ExitCode;
  /** What to do next. */
  readonly next: string | undefined;

  constructor(code: string, message: string, exit: ExitCode, next?: string) {
    super(message);
    this.code = code;
    this.exit = exit;
    this.next = next;
  }
}

/** The command line is wrong in a way that only the command itself can tell. */
export const usage = (message: string): CommandFailed => new CommandFailed('USAGE', message, exitCode.usage);
