import { execFile } from 'node:child_process';
import { access, chown, copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheFolderOf } from '../../stack/cache-folder.ts';
import type { Guard } from '../../stack/guard.ts';
import { findPostgresPackage, preparePostgres } from '../../stack/postgres-binaries.ts';
import { postgresEnvironment } from '../../stack/postgres-cluster.ts';
import { rootCacheFolders } from '../../stack/postgres-place.ts';
import { chooseRunAs } from '../../stack/run-as.ts';
import { type ServerProcess, startServer } from '../../stack/server-process.ts';

const run = promisify(execFile);

/** What the entry point of the `postgres` image does: a new cluster with the superuser's password, then the server. */
export async function startComposePostgres(options: {
  readonly dataFolder: string;
  readonly logFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly guard: Guard;
  readonly graceMs: number;
}): Promise<ServerProcess> {
  const { dataFolder, env } = options;
  await mkdir(dataFolder, { recursive: true });
  const runAs = await chooseRunAs(dataFolder, dataFolder);
  const copies = [cacheFolderOf(process.env, os.homedir()), ...(runAs === undefined ? [] : rootCacheFolders)];
  const programs = await preparePostgres(findPostgresPackage(), copies, runAs);
  const identity = runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid };
  const passwordFile = `${dataFolder}.password`;
  await copyFile(env['POSTGRES_PASSWORD_FILE'] ?? '', passwordFile);
  if (runAs !== undefined) {
    await chown(dataFolder, runAs.uid, runAs.gid);
    await chown(passwordFile, runAs.uid, runAs.gid);
  }
  const user = env['POSTGRES_USER'] ?? 'postgres';
  const settings = ['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-instructions'];
  await run(programs.initdb, ['--pgdata', dataFolder, '--username', user, '--pwfile', passwordFile, ...settings], {
    ...identity,
    cwd: '/',
    env: postgresEnvironment(process.env),
  });
  await rm(passwordFile);
  return startServer({
    folder: options.logFolder,
    command: programs.postgres,
    args: [
      '-D',
      dataFolder,
      '-p',
      String(options.port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
    ],
    env: postgresEnvironment(process.env),
    cwd: '/',
    runAs,
    stopSignal: 'SIGINT',
    graceMs: options.graceMs,
    guard: options.guard,
  });
}

/** The folder of `psql`, which the image brings along and the npm package does not. Throws with what to install. */
export async function psqlFolder(): Promise<string> {
  const onPath = (process.env['PATH'] ?? '').split(path.delimiter);
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  for (const folder of [...onPath, ...versions.map((version) => path.join(debian, version, 'bin'))]) {
    const found = await access(path.join(folder, 'psql')).then(
      () => true,
      () => false,
    );
    if (found) return folder;
  }
  throw new Error('psql 14 or newer is not on PATH; install it (Debian: apt-get install postgresql-client)');
}
