import { CommanderError } from 'commander';
import { type ExitCode, exitCode, exitCodeOf } from '../model/failure/exit-code.ts';
import { failures, isSyncFailure } from '../model/failure/failure.ts';
import { formatProblem, type Problem } from '../model/text/problem.ts';
import { withoutSecrets } from '../platform/secrets/known.ts';
import { safeText } from '../platform/terminal/text.ts';
import { CommandFailed } from './errors.ts';

/** How a command ended badly: what is printed, and the exit code. */
export interface FailureReport {
  readonly code: string;
  readonly message: string;
  readonly next?: string;
  readonly problems?: readonly Problem[];
  readonly exit: ExitCode;
}

/** Sorts whatever a command threw. Messages are redacted: they may quote an argument. */
export function reportOf(error: unknown): FailureReport {
  if (error instanceof CommanderError)
    return { code: 'USAGE', message: clean(usageText(error.message)), exit: exitCode.usage };
  if (error instanceof CommandFailed)
    return {
      code: error.code,
      message: clean(error.message),
      ...(error.next && { next: error.next }),
      exit: error.exit,
    };
  if (isSyncFailure(error)) {
    const problems = 'problems' in error && Array.isArray(error.problems) ? error.problems : undefined;
    return {
      code: error.code,
      message: clean(error.message),
      next: failures[error.code].todo,
      ...(problems && { problems }),
      exit: exitCodeOf(error.code),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'INTERNAL',
    message: clean(message),
    next: 'This is a defect of the engine: report it. SYNCLINE_DEBUG=1 shows where it happened.',
    exit: exitCode.failed,
  };
}

/** The one document of a failed command with `--json`. */
export const failureDocument = ({ exit, ...error }: FailureReport): object => ({ error, exitCode: exit });

/** The lines of a failed command for people. */
export function failureLines(report: FailureReport): readonly string[] {
  if (report.problems) return report.problems.map((problem) => safeText(formatProblem(problem)));
  const first = `${report.code} — ${report.message}`;
  return report.next === undefined ? [first] : [first, report.next];
}

/** The parser's words, less the value of an option that it does not know: it may be a secret in the wrong place. */
const usageText = (message: string): string =>
  message.replace(/^error: /, '').replace(/^(unknown option '--[\w-]+)=.*'/s, "$1'");

const clean = (message: string): string => safeText(withoutSecrets(message).split('\n').join(' '));
