import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { localAuthority } from '../operations/authority.ts';
import type { OperationContext } from '../operations/context.ts';
import { createProgress } from '../platform/foundation/progress.ts';
import { createOut, type Out } from '../platform/terminal/out.ts';
import { ctrlC } from './ctrl-c.ts';

/** What every verb gets: what operations work with, the global options, parsed, and where to speak. */
export interface CliContext extends OperationContext {
  readonly json: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Out;
}

/** For the action of a verb: `.action(async (…, command) => { const context = contextOf(command); … })`. */
export function contextOf(command: Command): CliContext {
  const options: { project?: unknown; json?: unknown } = command.optsWithGlobals();
  const json = options.json === true;
  let gone: AbortSignal | undefined;
  return {
    who: { kind: 'local', name: userName() },
    authority: localAuthority,
    gone: () => {
      gone ??= ctrlC();
      return gone;
    },
    projectFolder: resolve(typeof options.project === 'string' ? options.project : '.'),
    json,
    env: process.env,
    out: createOut({ json, stdout: process.stdout, stderr: process.stderr, env: process.env }),
    progress: createProgress(process.stderr),
  };
}

/** A user without an entry, as in some containers, is known by number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
