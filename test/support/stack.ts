import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '../../platform/foundation/process-identity.ts';
import type { Progress } from '../../platform/foundation/progress.ts';
import { built } from './built.ts';

/** A folder that PostgreSQL's own user can enter; removed afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'syncline-stack-'));
  await chmod(folder, 0o755);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Collects the lines that would be shown. */
export function noting(): Progress & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, step: (_title, work) => work(() => {}), note: (line) => void lines.push(line) };
}

/** The environment of a user who has set up nothing. */
export function plainEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { TEMPORAL_ADDRESS, DATABASE_URL, ...rest } = process.env;
  return { ...rest, ...more };
}

/** Holds ports of loopback while `work` runs; those that something else holds already are as good. */
export async function withTakenPorts<T>(ports: readonly number[], work: () => Promise<T>): Promise<T> {
  const servers: Server[] = [];
  for (const port of ports) {
    const server = createServer();
    const listening = once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.listen({ host: '127.0.0.1', port, exclusive: true });
    if (await listening) servers.push(server);
  }
  try {
    return await work();
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** A command of the compiled program, as a user starts it. */
export interface RunningCommand {
  readonly pid: number;
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The exit code, or the name of the signal. */
  ended(): Promise<number | string>;
  /** Waits until its output matches, and fails with all of it when it ends without. */
  says(pattern: RegExp): Promise<void>;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Put before `node`, such as setpriv and its options. */
  readonly through?: readonly string[];
}

/** Runs `work` with a started command, which is ended afterwards whatever happens. */
export async function withCommand<T>(
  args: readonly string[],
  options: CommandOptions,
  work: (command: RunningCommand) => Promise<T>,
): Promise<T> {
  const command = startCommand(args, options);
  try {
    return await work(command);
  } finally {
    if (command.child.exitCode === null && command.child.signalCode === null) command.child.kill('SIGTERM');
    await command.ended();
  }
}

function startCommand(args: readonly string[], { env, through = [] }: CommandOptions): RunningCommand {
  const program = built('cli/main.js');
  const [file = process.execPath, ...before] = [...through, process.execPath];
  const child = spawn(file, [...before, program, ...args], {
    env: env ?? plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const closed = once(child, 'close').then(() => child.exitCode ?? child.signalCode ?? 'ended');
  let over = false;
  void closed.then(() => {
    over = true;
  });
  return {
    pid: child.pid ?? 0,
    child,
    stdout: () => out,
    stderr: () => err,
    ended: () => closed,
    async says(pattern) {
      while (!pattern.test(out + err)) {
        if (over) throw new Error(`ended without saying ${pattern}:\n${out}\n${err}`);
        await sleep(25);
      }
    },
  };
}

/** Waits until a process is gone. The time limit of the test is the limit. */
export async function untilGone(pid: number): Promise<void> {
  while ((await processIdentity(pid)) !== null) await sleep(25);
}

export async function isRunning(pid: number): Promise<boolean> {
  return (await processIdentity(pid)) !== null;
}

/** The pids that the parts of a project's stack have written down. */
export async function stackPids(projectFolder: string): Promise<number[]> {
  const pids: number[] = [];
  for (const part of ['temporal', 'postgres', 'worker']) {
    const file = path.join(projectFolder, '.syncline', part, 'process.json');
    const read: { pid?: unknown } = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
    if (typeof read.pid === 'number') pids.push(read.pid);
  }
  return pids;
}

/** A test that needs something which may be missing: then it is listed as skipped, with the reason in its name. */
export function testUnless(missing: string | null, name: string, run: () => Promise<void>): void {
  if (missing === null) test(name, run);
  else test.skip(`${name} (skipped: ${missing})`, run);
}
