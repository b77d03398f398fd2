import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { testTemporal } from './temporal.ts';

const program = join(import.meta.dirname, '../../bin/syncline.js');

/** Runs the built program as users do, with the Temporal of the test run and a ledger of the test's own. */
export async function syncline(
  args: readonly string[],
  databaseUrl: string,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TEMPORAL_ADDRESS: testTemporal(),
      DATABASE_URL: databaseUrl,
    },
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
    const [code]: (number | null)[] = await once(child, 'close');
    return { code: code ?? null, stdout, stderr };
  } finally {
    child.kill('SIGKILL');
  }
}
