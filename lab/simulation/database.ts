import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { createProgress } from '../../platform/foundation/progress.ts';
import { cacheFolderOf } from '../../stack/cache-folder.ts';
import { startGuard } from '../../stack/guard.ts';
import { startPostgres } from '../../stack/postgres-server.ts';
import { createScratchDatabase } from '../../stack/scratch-database.ts';

/** An empty database of a real PostgreSQL: of the server that DATABASE_URL names, or of one that is started for it. */
export interface SimulationDatabase {
  readonly url: string;
  close(): Promise<void>;
}

export const openDatabase = (env: NodeJS.ProcessEnv): Promise<SimulationDatabase> =>
  env['DATABASE_URL'] ? databaseOn(env['DATABASE_URL']) : ownServer(env);

async function ownServer(env: NodeJS.ProcessEnv): Promise<SimulationDatabase> {
  const folder = await mkdtemp(path.join(tmpdir(), 'syncline-simulation-'));
  // PostgreSQL's own user must be able to enter it when this runs as root.
  await chmod(folder, 0o755);
  // Half of what a tiny statement costs beside PostgreSQL is the way to it, and a Unix socket is the shorter one.
  const socketFolder = process.platform === 'win32' ? undefined : path.join(folder, 'socket');
  if (socketFolder !== undefined) {
    await mkdir(socketFolder);
    await chmod(socketFolder, 0o777);
  }
  const guard = startGuard();
  const { url, server } = await startPostgres({
    folder: path.join(folder, 'postgres'),
    projectFolder: folder,
    cacheFolder: cacheFolderOf(env, homedir()),
    env,
    guard,
    progress: createProgress(process.stderr),
    durable: false,
    port: 'any',
    ...(socketFolder !== undefined && { socketFolder }),
  });
  return {
    url: socketFolder === undefined ? url : `${url}?host=${encodeURIComponent(socketFolder)}`,
    async close() {
      await server.stop();
      await guard.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function databaseOn(serverUrl: string): Promise<SimulationDatabase> {
  const { url, drop } = await createScratchDatabase(serverUrl, 'simulation');
  return { url, close: drop };
}
