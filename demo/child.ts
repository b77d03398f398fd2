import { fileURLToPath } from 'node:url';
import { firstLine } from '../stack/first-line.ts';
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
    async announcement() {
      if (!child.stdout) throw new Error(`${name} has no stdout`);
      return firstLine(child.stdout, `${name} ended before it was ready; see ${logFile}`);
    },
    stop: (graceMs = 5000) => child.stop(graceMs),
  };
}
