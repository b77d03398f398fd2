import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncFailure } from '../../model/failure.ts';
import { withFile } from './files-failures.ts';

/** Bytes at the start of a file, and before the place reached, by which it is recognised. */
const MARK_BYTES = 4096;

/** The files that a path or pattern names, as paths below the folder, in the order of their names. */
export async function matchingFiles(folder: string, pattern: string): Promise<readonly string[]> {
  const below = path.posix.dirname(pattern);
  const name = path.posix.basename(pattern);
  if (!/[*?]/.test(name)) {
    await withFile(pattern, () => stat(path.join(folder, pattern)));
    return [pattern];
  }
  const entries = await withFile(below, () => readdir(path.join(folder, below), { withFileTypes: true }));
  const matches = entries.filter((entry) => entry.isFile() && nameMatcher(name).test(entry.name));
  return matches.map((entry) => (below === '.' ? entry.name : `${below}/${entry.name}`)).sort(byCodeUnits);
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

async function sizeOf(full: string, file: string): Promise<FileSize> {
  const { size, mtimeMs } = await withFile(file, () => stat(full));
  return { size, changedMs: mtimeMs };
}

/** The size of a file that nobody is writing. Throws SOURCE_INCOMPLETE when it changes meanwhile. */
export async function settledSize(
  full: string,
  file: string,
  settleMs: number,
  signal: AbortSignal,
): Promise<FileSize> {
  const before = await sizeOf(full, file);
  await sleep(settleMs, undefined, { signal });
  await refuseChange(full, file, before);
  return before;
}

export async function refuseChange(full: string, file: string, before: FileSize): Promise<void> {
  const now = await sizeOf(full, file);
  if (now.size !== before.size || now.changedMs !== before.changedMs)
    throw new SyncFailure('SOURCE_INCOMPLETE', `${file}: it is being written`, { effect: 'none' });
}

/** A hash of the file's start and of the bytes before `offset`: the same as long as what was read is still there. */
export async function markOf(full: string, file: string, offset: number): Promise<string> {
  return withFile(file, async () => {
    const handle = await open(full);
    try {
      const hash = createHash('sha256');
      hash.update(await slice(handle, 0, Math.min(offset, MARK_BYTES)));
      hash.update(await slice(handle, Math.max(0, offset - MARK_BYTES), offset));
      return hash.digest('hex').slice(0, 32);
    } finally {
      await handle.close();
    }
  });
}

async function slice(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
  return bytes.subarray(0, bytesRead);
}
