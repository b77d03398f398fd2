import { Console } from 'node:console';
import process from 'node:process';
import { runCommandLine } from '../../dist/cli/command-line.js';
import { helpAsOption } from '../../dist/cli/program.js';

// Runs one command of the built program after the other, as command-line.ts asks: its modules are loaded once.

const usualConsole = globalThis.console;
const usualWrite = new Map([process.stdout, process.stderr].map((stream) => [stream, stream.write]));

function gather(stream) {
  const parts = [];
  stream.write = (chunk, encoding, done) => {
    parts.push(Buffer.from(chunk));
    const told = typeof encoding === 'function' ? encoding : done;
    if (told) process.nextTick(told);
    return true;
  };
  return () => Buffer.concat(parts).toString();
}

async function run({ args: given, cwd, env }) {
  process.chdir(cwd);
  process.env = env;
  process.exitCode = undefined;
  const stdout = gather(process.stdout);
  const stderr = gather(process.stderr);
  const args = helpAsOption(given);
  if (args.includes('--json')) globalThis.console = new Console(process.stderr, process.stderr);
  const code = await runCommandLine(args);
  for (const [stream, write] of usualWrite) stream.write = write;
  globalThis.console = usualConsole;
  process.exitCode = undefined;
  return { code: Number(code), stdout: stdout(), stderr: stderr() };
}

process.on('message', async (asked) => process.send(await run(asked)));
process.on('disconnect', () => process.exit());
