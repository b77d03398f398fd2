import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SyncFailure } from '../model/failure/failure.ts';
import { commandLine } from '../platform/foundation/process-identity.ts';
import type { Progress } from '../platform/foundation/progress.ts';
import type { Guard } from './guard.ts';
import { anyFreePort, choosePort } from './ports.ts';
import { findPostgresPackage, preparePostgres } from './postgres-binaries.ts';
import { type Cluster, databaseName, databaseUser, openCluster, postgresEnvironment } from './postgres-cluster.ts';
import { choosePlace, type PostgresPlace, rootCacheFolders } from './postgres-place.ts';
import { lastLines, logFileName, type ServerProcess, startServer, stopOrphan } from './server-process.ts';

export interface PostgresServer {
  readonly url: string;
  readonly server: ServerProcess;
}

export interface PostgresServerOptions {
  /** Keeps the password, the log, the pid, and the data when PostgreSQL's user can get there. */
  readonly folder: string;
  readonly projectFolder: string;
  /** Of the user, for a copy of the package. */
  readonly cacheFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly guard: Guard;
  readonly progress: Progress;
  /** Default true. False gives up safety against power cuts; only for data that may be lost. */
  readonly durable?: boolean;
  /** A folder that PostgreSQL's user may write, for its Unix socket. Default: none. */
  readonly socketFolder?: string;
  /** Default: 5432 when it is free. */
  readonly port?: 'usual' | 'any';
  /** The npm package of the platform; found by itself unless a test names a copy. */
  readonly packageFolder?: string;
  /** Where root keeps data of projects that PostgreSQL's user cannot enter; only tests name others. */
  readonly rootFolders?: readonly string[];
}

const usualPort = 5432;
/** "Fast shutdown": sessions are ended, everything is written. */
const stopSignal = 'SIGINT';
const graceMs = 30_000;
/** Recovery after a crash may take a while. */
const startLimitMs = 120_000;

/** Starts the embedded PostgreSQL, made first when there is none, and waits until it answers. Throws STACK_FAILED. */
export async function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  const packageFolder = options.packageFolder ?? findPostgresPackage();
  const place = await choosePlace(options.folder, options.projectFolder, options.rootFolders);
  if (place.elsewhere) options.progress.note(elsewhereNote(place, options.folder));
  const copies = place.runAs === undefined ? [options.cacheFolder] : [options.cacheFolder, ...rootCacheFolders];
  const binaries = await preparePostgres(packageFolder, copies, place.runAs);
  await mkdir(options.folder, { recursive: true });
  await stopOrphan(options.folder, stopSignal, graceMs);
  const cluster = await openCluster(binaries, place, options.folder);
  await stopStrayPostmaster(cluster.dataFolder);
  for (let attempt = 1; ; attempt++) {
    const started = await tryStart(options, binaries.postgres, place, cluster);
    if (typeof started !== 'string') return started;
    if (attempt === 3) throw failed(options.folder, started);
  }
}

async function tryStart(
  options: PostgresServerOptions,
  postgres: string,
  place: PostgresPlace,
  cluster: Cluster,
): Promise<PostgresServer | string> {
  const port = options.port === 'any' ? await anyFreePort() : await choosePort(usualPort);
  const server = await startServer({
    folder: options.folder,
    command: postgres,
    args: [
      '-D',
      cluster.dataFolder,
      '-p',
      String(port),
      ...settings(options.durable ?? true, options.socketFolder ?? ''),
    ],
    env: postgresEnvironment(options.env),
    cwd: '/',
    runAs: place.runAs,
    stopSignal,
    graceMs,
    guard: options.guard,
  });
  const until = performance.now() + startLimitMs;
  while (!(await answers(port, cluster.password))) {
    const ended = server.ended();
    if (ended !== null || performance.now() > until) {
      await server.stop();
      return ended ?? `did not answer within ${startLimitMs / 1000} s`;
    }
    await sleep(50);
  }
  if (options.port !== 'any' && port !== usualPort) {
    options.progress.note(`Port ${usualPort} is taken: PostgreSQL listens on ${port}.`);
  }
  return { url: urlOf(port, cluster.password, databaseName), server };
}

/** Modest for a laptop, generous beside PostgreSQL's own defaults for a small machine of long ago. */
function settings(durable: boolean, socketFolder: string): string[] {
  const values: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketFolder,
    max_connections: '200',
    shared_buffers: '256MB',
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    log_checkpoints: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durable
      ? { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
      : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

const urlOf = (port: number, password: string, database: string): string =>
  `postgresql://${databaseUser}:${password}@127.0.0.1:${port}/${database}`;

/** Whether it takes queries; the database of the engine is made on the way. */
async function answers(port: number, password: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(port, password, 'postgres'), connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [databaseName]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * PostgreSQL's own pid file outlives a kill. When the pid in it belongs to our postmaster, that one is ended; when it
 * was given to some other program since, PostgreSQL would refuse to start for ever, so the file is removed. In every
 * other case PostgreSQL judges for itself.
 */
async function stopStrayPostmaster(dataFolder: string): Promise<void> {
  const file = path.join(dataFolder, 'postmaster.pid');
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const command = await commandLine(pid);
  if (command === '') return;
  if (!command.includes(dataFolder)) return rm(file, { force: true });
  process.kill(pid, stopSignal);
  const until = performance.now() + graceMs;
  while ((await commandLine(pid)) !== '' && performance.now() < until) await sleep(50);
}

const elsewhereNote = (place: PostgresPlace, folder: string): string =>
  `PostgreSQL cannot run as root and its user ${place.runAs?.name ?? ''} cannot enter ${folder}: its data lies in ${place.folder}.`;

function failed(folder: string, how: string): SyncFailure {
  const log = path.join(folder, logFileName);
  return new SyncFailure('STACK_FAILED', `the embedded PostgreSQL ${how}. Its log, ${log}, ends: ${lastLines(folder)}`);
}
