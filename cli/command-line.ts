import { CommanderError } from 'commander';
import { exitCode } from '../model/failure/exit-code.ts';
import { failureDocument, failureLines, reportOf } from './failure-report.ts';
import { createProgram, firstWord } from './program.ts';
import { verbs } from './verbs.ts';

/** Runs the command that the arguments name, to its end, and answers the exit code; what fails is told first. */
export async function runCommandLine(args: readonly string[]): Promise<number | string> {
  try {
    const program = await createProgram(args, {
      stdout: (text) => void process.stdout.write(text),
      stderr: (text) => void process.stderr.write(text),
    });
    if (args.length === 0) {
      process.stderr.write(program.helpInformation());
      return exitCode.usage;
    }
    await program.parseAsync(args, { from: 'user' });
    return process.exitCode ?? exitCode.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCode.ok;
    return tellFailure(args, error);
  }
}

/** Says what went wrong, without a stack trace, and answers the exit code. */
export function tellFailure(args: readonly string[], error: unknown): number {
  const json = args.includes('--json');
  const report = reportOf(error);
  if (json) process.stdout.write(`${JSON.stringify(failureDocument(report), undefined, 2)}\n`);
  else process.stderr.write(`${failureLines(report).join('\n')}\n`);
  if (!json && report.exit === exitCode.usage) process.stderr.write(`See: syncline${verbWord(args)} --help\n`);
  if (process.env['SYNCLINE_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return report.exit;
}

function verbWord(args: readonly string[]): string {
  const word = firstWord(args);
  return verbs.some(({ name }) => name === word) ? ` ${word}` : '';
}
