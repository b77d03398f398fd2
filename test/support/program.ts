import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { built } from './built.ts';

const program = join(import.meta.dirname, '../../bin/syncline.js');
built('cli/main.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program as users do. `closeStdout`: its reader goes away at once. */
export async function runProgram(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly closeStdout?: boolean } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    if (options.closeStdout) child.stdout.destroy();
    const [code]: (number | null)[] = await once(child, 'close');
    return { code: code ?? null, stdout, stderr };
  } finally {
    child.kill('SIGKILL');
  }
}
