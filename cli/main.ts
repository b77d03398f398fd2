import { Console } from 'node:console';
import process from 'node:process';
import { exitCode } from '../model/failure/exit-code.ts';
import { runCommandLine, tellFailure } from './command-line.ts';
import { helpAsOption } from './program.ts';

// A reader that goes away (`syncline … | head`) ends the program quietly.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? exitCode.ok);
    throw error;
  });

const args = helpAsOption(process.argv.slice(2));

// A mapping that prints while it is loaded must not break the one document on stdout.
if (args.includes('--json')) globalThis.console = new Console(process.stderr, process.stderr);

process.on('uncaughtException', (error) => end(tellFailure(args, error)));
process.on('unhandledRejection', (error) => end(tellFailure(args, error)));
end(await runCommandLine(args));

/** Leaves once everything written has reached its reader, whatever is still open. */
function end(code: number | string): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}
