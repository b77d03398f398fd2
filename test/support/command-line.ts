import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { built } from './built.ts';
import type { Ended } from './program.ts';
import { testTemporal } from './temporal.ts';

built('cli/main.js');
const host = join(import.meta.dirname, 'command-host.js');
/** As many commands run at once; further ones wait. */
const HOSTS = 2;
const all: ChildProcess[] = [];
const idle: ChildProcess[] = [];
const waiting: ((child: ChildProcess) => void)[] = [];

afterAll(() => {
  for (const child of all) child.kill('SIGKILL');
});

/**
 * Runs a command of the built program as `runProgram` does, in a process that serves this test file for one command after
 * the other: to load the program takes longer than most commands. For what a process itself does, use `runProgram`.
 */
export async function commandLine(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<Ended> {
  const child = await freeHost();
  const over = new AbortController();
  const ended = once(child, 'exit', over).then(([code, signal]) => {
    throw new Error(`\`${args.join(' ')}\` ended its process: ${code ?? signal}`);
  });
  const answered = once(child, 'message', over);
  child.send({
    args,
    cwd: options.cwd ?? process.cwd(),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
  });
  const [answer] = await Promise.race([answered, ended]).finally(() => over.abort());
  const next = waiting.shift();
  if (next) next(child);
  else idle.push(child);
  return answer;
}

/** Runs it with the Temporal of the test run and a ledger of the test's own. */
export const syncline = (args: readonly string[], databaseUrl: string): Promise<Ended> =>
  commandLine(args, { env: { TEMPORAL_ADDRESS: testTemporal(), DATABASE_URL: databaseUrl } });

async function freeHost(): Promise<ChildProcess> {
  const child = idle.pop();
  if (child) return child;
  if (all.length === HOSTS) return new Promise((resolve) => waiting.push(resolve));
  const started = fork(host, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  all.push(started);
  return started;
}
