import { randomUUID } from 'node:crypto';
import { type FileHandle, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, SyncFailure } from '../../index.ts';
import { withFile } from './failures.ts';

const CHUNK_CHARACTERS = 256 * 1024;

/**
 * Replaces a file as a whole: the new content is written beside it, flushed to the disk, and takes its name at once.
 * Readers see the old content or the new, never a part; a failure leaves nothing, a crash at most the file beside it.
 * `confirm` is asked right before.
 */
export async function replaceFile(
  full: string,
  file: string,
  content: AsyncIterable<string>,
  confirm: () => Promise<void>,
): Promise<void> {
  const beside = besideOf(full, `${randomUUID()}.new`);
  await withFile(file, async () => {
    const handle = await open(beside, 'wx');
    try {
      await fill(handle, content, await modeOf(full));
      await confirm();
      await rename(beside, full);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  });
  await syncFolder(path.dirname(full), file);
}

async function fill(handle: FileHandle, content: AsyncIterable<string>, mode: number | undefined): Promise<void> {
  try {
    if (mode !== undefined) await handle.chmod(mode);
    await writeAll(handle, content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what a writer that died left beside a file. Call it with the lock held. */
export async function removeLeftovers(full: string): Promise<void> {
  const folder = path.dirname(full);
  const starts = [full, besideOf(full, 'fence')].map((name) => `.${path.basename(name)}.`);
  for (const name of await readdir(folder))
    if (starts.some((start) => name.startsWith(start) && leftover.test(name.slice(start.length))))
      await rm(path.join(folder, name), { force: true });
}

/** With or without a random name: of `orders`, and not of `orders.csv`. */
const leftover = /^([\da-f-]{36}\.)?new$/;

/** What its owner allowed of the file before; undefined when there is none. */
async function modeOf(full: string): Promise<number | undefined> {
  try {
    return (await lstat(full)).mode & 0o777;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A name in the same folder, hidden, so that patterns do not find it: `.orders.csv.new`. */
export const besideOf = (full: string, ending: string): string =>
  path.join(path.dirname(full), `.${path.basename(full)}.${ending}`);

async function writeAll(handle: FileHandle, content: AsyncIterable<string>): Promise<void> {
  let chunk = '';
  for await (const part of content) {
    chunk += part;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    await handle.appendFile(chunk);
    chunk = '';
  }
  if (chunk !== '') await handle.appendFile(chunk);
}

/** Makes the new name itself durable. The content is in place by then, so a failure leaves the effect unknown. */
async function syncFolder(folder: string, file: string): Promise<void> {
  try {
    const handle = await open(folder);
    await handle.sync().finally(() => handle.close());
  } catch {
    throw new SyncFailure('FILE_UNREADABLE', `${file}: its folder could not be flushed to the disk`);
  }
}
