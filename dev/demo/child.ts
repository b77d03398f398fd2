import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface ChildOptions {
  /** What people call it: `shop`, `worker A`. */
  readonly name: string;
  /** The program, relative to this file's folder in dist. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Receives what it writes to stderr. */
  readonly logFile: string;
}

/** A program of its own that the demo started. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** The first line of its stdout, once. Throws when it ends before it wrote one. */
  announcement(): Promise<string>;
  isAlive(): boolean;
  /** Ends it at once, as a power cut would. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end, and kills it when it has not after `graceMs`. Never throws. */
  stop(graceMs?: number): Promise<void>;
}

/** Starts a program of this package under the running Node. It is told through its stdin when the demo is gone. */
export function startChild(options: ChildOptions): Child {
  const log = openSync(options.logFile, 'a');
  const file = fileURLToPath(new URL(options.program, import.meta.url));
  const child = spawn(process.execPath, [file, ...options.args], {
    env: options.env,
    stdio: ['pipe', 'pipe', log],
    // In a group of its own, so that Ctrl-C reaches only the demo, which then ends it.
    detached: true,
  });
  child.stdin?.on('error', () => {});
  closeSync(log);
  const ended = endOf(child);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.name} could not be started: ${file}`);
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const signal = async (name: NodeJS.Signals) => {
    if (isAlive()) child.kill(name);
    await ended;
  };
  return {
    name: options.name,
    pid,
    logFile: options.logFile,
    announcement: () => firstLine(child, options),
    isAlive,
    kill: () => signal('SIGKILL'),
    stop: async (graceMs = 5000) => {
      const timer = new AbortController();
      const late = sleep(graceMs, undefined, { signal: timer.signal }).then(
        () => signal('SIGKILL'),
        () => {},
      );
      await signal('SIGTERM');
      timer.abort();
      await late;
    },
  };
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}

async function firstLine(child: ChildProcess, { name, logFile }: ChildOptions): Promise<string> {
  if (!child.stdout) throw new Error(`${name} has no stdout`);
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, 'line').then(([text]: unknown[]) => String(text)),
    once(child, 'exit').then(() => undefined),
  ]);
  if (line === undefined) throw new Error(`${name} ended before it was ready; see ${logFile}`);
  return line;
}
