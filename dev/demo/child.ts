import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type NodeProgram, startNodeProgram } from '../stack/node-program.ts';

export interface ChildOptions {
  /** What people call it: `shop`, `worker A`. */
  readonly name: string;
  /** The program, relative to this file's folder in dist. */
  readonly program: string;
  readonly args: readonly string[];
  /** Of Node itself. Default: none. */
  readonly nodeFlags?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Receives what it writes to stderr. */
  readonly logFile: string;
}

/** A program of its own that the demo started. */
export interface Child extends NodeProgram {
  readonly name: string;
  readonly logFile: string;
  /** The first line of its stdout, once. Throws when it ends before it wrote one. */
  announcement(): Promise<string>;
  /** Default 5 s. */
  stop(graceMs?: number): Promise<void>;
}

/** Starts a program of this package. It is told through its stdin when the demo is gone. */
export function startChild({ name, program, args, nodeFlags = [], env, logFile }: ChildOptions): Child {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = startNodeProgram({ args: [...nodeFlags, file, ...args], env, logFile, stdout: 'pipe' });
  return {
    ...child,
    name,
    logFile,
    announcement: () => firstLine(child, name, logFile),
    stop: (graceMs = 5000) => child.stop(graceMs),
  };
}

async function firstLine({ stdout, ended }: NodeProgram, name: string, logFile: string): Promise<string> {
  if (!stdout) throw new Error(`${name} has no stdout`);
  const lines = createInterface({ input: stdout });
  const line = await Promise.race([
    once(lines, 'line').then(([text]: unknown[]) => String(text)),
    ended.then(() => undefined),
  ]);
  if (line === undefined) throw new Error(`${name} ended before it was ready; see ${logFile}`);
  return line;
}
