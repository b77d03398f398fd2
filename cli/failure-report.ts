import { CommanderError } from 'commander';
import { type ExitCode, exitCode } from '../model/failure/exit-code.ts';
import { exitCodeOf, type FailureCode, failures, isSyncFailure, type SyncFailure } from '../model/failure/failure.ts';
import { terminalText } from '../model/operation/terminal-words.ts';
import { formatProblem, type Problem } from '../model/text/problem.ts';
import { withoutSecrets } from '../platform/secrets/known.ts';
import { safeText } from '../platform/terminal/text.ts';
import { RunParked } from './runs/run-parked.ts';

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
  if (isSyncFailure(error)) {
    const problems = 'problems' in error && Array.isArray(error.problems) ? error.problems : undefined;
    return {
      code: error.code,
      message: clean(error.message),
      ...nextOf(error),
      ...(problems && { problems }),
      exit: error instanceof RunParked ? exitCode.failed : exitCodeOf(error.code),
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

/** Where the terminal has a shorter word for what to do. */
const inTerminal: Partial<Record<FailureCode, string>> = { NOT_CONFIRMED: 'Add --yes to do it.' };

function nextOf({ code, todo, about }: SyncFailure): { readonly next?: string } {
  const isOwn = todo !== failures[code].todo;
  // Of a wrong command line its own help is shown.
  if (code === 'USAGE' && !isOwn) return {};
  return { next: terminalText(isOwn ? todo : (inTerminal[code] ?? todo), about) };
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
