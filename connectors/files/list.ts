import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { type FileHandle, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncFailure } from '../../index.ts';
import { withFile } from './failures.ts';
import { type FilesFolder, folderBelow, openFile } from './folder.ts';

/** Bytes at the start of a file, and before the place reached, by which it is recognised. */
const MARK_BYTES = 4096;

/** The files that a path or pattern names, as paths below the folder, in the order of their names. */
export async function matchingFiles(folder: FilesFolder, pattern: string): Promise<readonly string[]> {
  const below = path.posix.dirname(pattern);
  const name = path.posix.basename(pattern);
  if (!/[*?]/.test(name)) {
    await sizeOf(folder, pattern);
    return [pattern];
  }
  const real = await folderBelow(folder, below);
  const entries = await withFile(below, () => readdir(real, { withFileTypes: true }));
  const matches: string[] = [];
  for (const entry of entries)
    if (nameMatcher(name).test(entry.name) && !(await isFolder(real, entry)))
      matches.push(below === '.' ? entry.name : `${below}/${entry.name}`);
  return matches.sort(byCodeUnits);
}

/** Also by a link. What is neither file nor folder is named when it is opened, and never passed over in silence. */
async function isFolder(real: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path.join(real, entry.name)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `*` stands for any characters, `?` for one; neither for a leading dot, as temporary files have. */
function nameMatcher(pattern: string): RegExp {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${/^[*?]/.test(pattern) ? '(?!\\.)' : ''}${text}$`);
}

export interface FileSize {
  readonly size: number;
  readonly changedMs: number;
}

async function sizeOf(folder: FilesFolder, file: string): Promise<FileSize> {
  return opened(folder, file, async (handle) => {
    const { size, mtimeMs } = await handle.stat();
    return { size, changedMs: mtimeMs };
  });
}

const opened = <T>(folder: FilesFolder, file: string, work: (handle: FileHandle) => Promise<T>): Promise<T> =>
  withFile(file, async () => {
    const handle = await openFile(folder, file);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  });

/** The size of a file that nobody is writing. Throws SOURCE_INCOMPLETE when it changes meanwhile. */
export async function settledSize(
  folder: FilesFolder,
  file: string,
  settleMs: number,
  signal: AbortSignal,
): Promise<FileSize> {
  const before = await sizeOf(folder, file);
  await sleep(settleMs, undefined, { signal });
  await refuseChange(folder, file, before);
  return before;
}

export async function refuseChange(folder: FilesFolder, file: string, before: FileSize): Promise<void> {
  const now = await sizeOf(folder, file);
  if (now.size !== before.size || now.changedMs !== before.changedMs)
    throw new SyncFailure('SOURCE_INCOMPLETE', `${file}: it is being written`, { effect: 'none' });
}

/** A hash of the file's start and of the bytes before `offset`: the same as long as what was read is still there. */
export async function markOf(folder: FilesFolder, file: string, offset: number): Promise<string> {
  return opened(folder, file, async (handle) => {
    const hash = createHash('sha256');
    hash.update(await slice(handle, 0, Math.min(offset, MARK_BYTES)));
    hash.update(await slice(handle, Math.max(0, offset - MARK_BYTES), offset));
    return hash.digest('hex').slice(0, 32);
  });
}

async function slice(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
  return bytes.subarray(0, bytesRead);
}
