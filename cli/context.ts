import { resolve } from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { createProgress, type Progress } from '../platform/foundation/progress.ts';
import { createOut, type Out } from '../platform/terminal/out.ts';

/** What every verb gets: the global options, parsed, and where to speak. */
export interface CliContext {
  /** Absolute. It may not exist: `loadProject` says so. */
  readonly projectFolder: string;
  readonly json: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Out;
  /** Says on stderr what takes longer than a second. */
  readonly progress: Progress;
}

/** For the action of a verb: `.action(async (…, command) => { const context = contextOf(command); … })`. */
export function contextOf(command: Command): CliContext {
  const options: { project?: unknown; json?: unknown } = command.optsWithGlobals();
  const json = options.json === true;
  return {
    projectFolder: resolve(typeof options.project === 'string' ? options.project : '.'),
    json,
    env: process.env,
    out: createOut({ json, stdout: process.stdout, stderr: process.stderr, env: process.env }),
    progress: createProgress(process.stderr),
  };
}
