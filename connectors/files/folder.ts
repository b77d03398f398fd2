import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { errorCode, SyncFailure } from '../../index.ts';
import { withFile } from './failures.ts';
import type { FilesSettings } from './options.ts';
import { folderFault, writersOf } from './trust.ts';

/** The folder of a connection. `path` is absolute, and may itself be a link. */
export interface FilesFolder extends Pick<FilesSettings, 'shared' | 'links'> {
  readonly path: string;
}

/** A folder below, with no link in its path. */
interface Entered {
  readonly root: string;
  readonly real: string;
  /** Whether others can put files, or links in place of files, into any folder on the way to it. */
  readonly othersWrite: boolean;
}

/**
 * Opens a file of the folder to read it. Others may write there, so what is opened is a regular file, in the folder unless
 * links may lead anywhere, and still what the path names once it is open: a link put in its place meanwhile gives nothing.
 * A pipe is not waited for. Throws FILE_UNREADABLE, and FILE_BUSY when another file took the name at that moment.
 */
export function openFile(folder: FilesFolder, file: string): Promise<FileHandle> {
  return withFile(file, async () => {
    const { root, othersWrite } = await enter(folder, path.dirname(file));
    const handle = await openRegular(await resolved(folder, root, file), file);
    try {
      const opened = await handle.stat();
      if (othersWrite && opened.nlink > 1)
        throw refused(`${file} has a second name (hard link), which others can give to files that are not theirs`);
      const named = await lstat(await resolved(folder, root, file));
      if (named.dev !== opened.dev || named.ino !== opened.ino)
        throw new SyncFailure('FILE_BUSY', `${file} was replaced while it was opened`, { effect: 'none' });
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  });
}

/** Opens a regular file, and nothing else, by a path that has no links. */
export async function openRegular(real: string, file: string): Promise<FileHandle> {
  refuseOther(await lstat(real), file);
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    refuseOther(await handle.stat(), file);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Where a file is to be written, with no link in the path: the file that a link names, so that the link stays one. */
export function targetOf(folder: FilesFolder, file: string): Promise<string> {
  return withFile(file, async () => {
    const { root, real } = await enter(folder, path.dirname(file));
    const full = path.join(real, path.basename(file));
    if ((await unlessMissing(lstat(full))) === null) return full;
    const target = await resolved(folder, root, file);
    refuseOther(await lstat(target), file);
    return target;
  });
}

/** A folder below that of the connection, with no link in its path. Throws FILE_UNREADABLE. */
export const folderBelow = (folder: FilesFolder, below: string): Promise<string> =>
  withFile(below, async () => (await enter(folder, below)).real);

async function enter(folder: FilesFolder, below: string): Promise<Entered> {
  const root = await unlessMissing(realpath(folder.path));
  const real = root === null ? null : await unlessMissing(resolved(folder, root, below));
  // Not created here: it may be the place of a share that is not mounted.
  if (root === null || real === null) throw refused(`the folder ${path.join(folder.path, below)} does not exist`);
  let othersWrite = false;
  for (const step of stepsTo(root, real)) {
    const here = writersOf(await stat(step), process.geteuid?.());
    const fault = folderFault(here, folder);
    if (fault !== undefined) throw refused(`the folder ${step} ${fault}`);
    othersWrite ||= here !== 'nobody';
  }
  return { root, real, othersWrite };
}

/** The folders from one to another below it, both included; of one elsewhere, the first alone. */
function stepsTo(root: string, real: string): readonly string[] {
  const steps = [root];
  if (!isInside(root, real)) return steps;
  for (const name of path.relative(root, real).split(path.sep)) steps.push(path.join(steps.at(-1) ?? root, name));
  return steps;
}

async function resolved(folder: FilesFolder, root: string, file: string): Promise<string> {
  const real = await realpath(path.join(root, file));
  if (folder.links === 'anywhere' || isInside(root, real)) return real;
  throw refused(
    `${file} leads out of the folder; make its place the folder of a connection, or say \`links: anywhere\` at this one`,
  );
}

function isInside(root: string, real: string): boolean {
  const relative = path.relative(root, real);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function refuseOther(found: Stats, file: string): void {
  if (!found.isFile()) throw refused(`${file} is ${found.isDirectory() ? 'a folder' : 'no regular file'}`);
}

const refused = (message: string): SyncFailure => new SyncFailure('FILE_UNREADABLE', message, { effect: 'none' });

async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
