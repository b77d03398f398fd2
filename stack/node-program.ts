import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program run by the Node that runs us; its stdin ends when we are gone. */
export interface NodeProgram {
  readonly pid: number;
  /** Null when it goes nowhere. */
  readonly stdout: Readable | null;
  /** Resolves when it has ended, however: with its exit code, or with null after a signal. */
  readonly ended: Promise<number | null>;
  isAlive(): boolean;
  /** Ends it at once, as a power cut would. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end, and kills it when it has not after `graceMs`. Never throws. */
  stop(graceMs: number): Promise<void>;
}

/** Starts `node ARGS`. What it writes to stderr is appended to `logFile`. Throws when it cannot be started. */
export function startNodeProgram(options: {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly stdout: 'pipe' | 'ignore';
}): NodeProgram {
  const log = openSync(options.logFile, 'a');
  const child = spawn(process.execPath, [...options.args], {
    env: options.env,
    stdio: ['pipe', options.stdout, log],
    // In a group of its own, so that Ctrl-C reaches only this process, which then ends it.
    detached: true,
  });
  closeSync(log);
  child.stdin?.on('error', () => {});
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
    child.once('error', () => resolve(null));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${process.execPath} could not be started`);
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const signal = async (name: NodeJS.Signals) => {
    if (isAlive()) child.kill(name);
    await ended;
  };
  return {
    pid,
    stdout: child.stdout,
    ended,
    isAlive,
    kill: () => signal('SIGKILL'),
    async stop(graceMs) {
      const inTime = new AbortController();
      const late = sleep(graceMs, undefined, { signal: inTime.signal }).then(
        () => signal('SIGKILL'),
        () => {},
      );
      await signal('SIGTERM');
      inTime.abort();
      await late;
    },
  };
}
