import { Console } from 'node:console';
import process from 'node:process';
import { CommanderError } from 'commander';
import { exitCode } from '../model/exit-code.ts';
import { failureDocument, failureLines, reportOf } from './failure-report.ts';
import { createProgram, firstWord, helpAsOption } from './program.ts';
import { verbs } from './verbs.ts';

// A reader that goes away (`syncline … | head`) ends the program quietly.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? exitCode.ok);
    throw error;
  });

const args = helpAsOption(process.argv.slice(2));
const json = args.includes('--json');

// A mapping that prints while it is loaded must not break the one document on stdout.
if (json) globalThis.console = new Console(process.stderr, process.stderr);

process.on('uncaughtException', (error) => end(fail(error)));
process.on('unhandledRejection', (error) => end(fail(error)));
end(await run());

/** Answers the exit code. */
async function run(): Promise<number | string> {
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
    return fail(error);
  }
}

/** Says what went wrong, without a stack trace, and answers the exit code. */
function fail(error: unknown): number {
  const report = reportOf(error);
  if (json) process.stdout.write(`${JSON.stringify(failureDocument(report), undefined, 2)}\n`);
  else process.stderr.write(`${failureLines(report).join('\n')}\n`);
  if (!json && report.exit === exitCode.usage) process.stderr.write(`See: syncline${verbWord()} --help\n`);
  if (process.env['SYNCLINE_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return report.exit;
}

function verbWord(): string {
  const word = firstWord(args);
  return verbs.some(({ name }) => name === word) ? ` ${word}` : '';
}

/** Leaves once everything written has reached its reader, whatever is still open. */
function end(code: number | string): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}
