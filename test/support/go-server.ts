import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProgress } from '../../platform/foundation/progress.ts';
import { cacheFolderOf } from '../../stack/cache-folder.ts';
import { type GoProgram, goProgram } from '../../stack/go-programs.ts';
import { startGuard } from '../../stack/guard.ts';
import { anyFreePort } from '../../stack/ports.ts';
import { startServer } from '../../stack/server-process.ts';

/** The program's path, built with Go the first time; or in words why it cannot be had, for the list of skipped tests. */
export async function findGoServer(
  program: GoProgram,
): Promise<{ readonly file: string } | { readonly missing: string }> {
  try {
    const cache = cacheFolderOf(process.env, os.homedir());
    return { file: await goProgram(program, cache, createProgress(process.stderr)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { missing: `${program.name} ${program.version} cannot be built: ${reason}` };
  }
}

/** A server that a test started, on a free port of loopback, with a folder of its own. */
export interface GoServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface GoServerPlan {
  readonly name: string;
  readonly file: string;
  /** Before the server starts. */
  readonly prepare?: (folder: string) => Promise<unknown>;
  readonly args: (address: string, folder: string) => readonly string[];
  /** Whether it takes calls. */
  readonly isUp: (url: string) => Promise<boolean>;
}

/** Starts a server and waits until it takes calls, 15 seconds at most. */
export async function startGoServer({ name, file, prepare, args, isUp }: GoServerPlan): Promise<GoServer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `syncline-${name}-`));
  await prepare?.(folder);
  const address = `127.0.0.1:${await anyFreePort()}`;
  const url = `http://${address}`;
  // The guard ends the server even when the test process is killed.
  const guard = startGuard();
  const server = await startServer({
    folder,
    command: file,
    args: [...args(address, folder)],
    env: process.env,
    cwd: folder,
    stopSignal: 'SIGTERM',
    graceMs: 5_000,
    guard,
  });
  const stop = async () => {
    await server.stop();
    await guard.close();
    await rm(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 150 && server.ended() === null; attempt += 1) {
    if (await isUp(url).catch(() => false)) return { url, stop };
    await sleep(100);
  }
  const end = server.ended();
  await stop();
  throw new Error(`${name} ${end ?? 'did not start within 15 seconds'}`);
}
