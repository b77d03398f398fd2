import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GoProgram, goProgram } from '../../dev/stack/go-programs.ts';
import { startGuard } from '../../dev/stack/guard.ts';
import { anyFreePort } from '../../dev/stack/ports.ts';
import { startServer } from '../../dev/stack/server-process.ts';
import { cacheFolderOf } from '../../dev/stack/state-folder.ts';
import { createProgress } from '../../platform/progress.ts';

/** Stripe's own stand-in for its API: every path, parameter and answer of the published interface; it keeps nothing. */
const program: GoProgram = {
  name: 'stripe-mock',
  module: 'github.com/stripe/stripe-mock',
  package: '',
  version: '0.203.0',
  usualS: 20,
};

export interface StripeMock {
  /** `http://127.0.0.1:PORT`, below which `/v1` lies. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The program's path, built with Go the first time; or in words why it cannot be had, for the list of skipped tests. */
export async function findStripeMock(): Promise<{ readonly file: string } | { readonly missing: string }> {
  try {
    const cache = cacheFolderOf(process.env, os.homedir());
    return { file: await goProgram(program, cache, createProgress(process.stderr)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { missing: `stripe-mock ${program.version} cannot be built: ${reason}` };
  }
}

export async function startStripeMock(file: string): Promise<StripeMock> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'syncline-stripe-mock-'));
  const port = await anyFreePort();
  const url = `http://127.0.0.1:${port}`;
  // The guard ends the server even when the test process is killed.
  const guard = startGuard();
  const server = await startServer({
    folder,
    command: file,
    args: ['-http-addr', `127.0.0.1:${port}`],
    env: process.env,
    cwd: folder,
    stopSignal: 'SIGTERM',
    graceMs: 2000,
    guard,
  });
  const stop = async () => {
    await server.stop();
    await guard.close();
    await rm(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const end = server.ended();
    const answers = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answers) return { url, stop };
    if (end !== null) break;
    await sleep(100);
  }
  await stop();
  throw new Error('stripe-mock did not start within 15 seconds');
}
