import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const mark = '.partial-';
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/**
 * Fills a folder so that it is there whole or not at all: in a temporary one beside it, renamed at the end. Interrupted,
 * it leaves nothing that is taken for an installation; of two at once, the first to finish wins.
 * `fill` answers the name of the program in the folder; the answer here is its path.
 */
export async function installInto(folder: string, fill: (temporary: string) => Promise<string>): Promise<string> {
  await mkdir(path.dirname(folder), { recursive: true });
  await removeAbandoned(folder);
  const temporary = `${folder}${mark}${randomUUID()}`;
  await mkdir(temporary);
  try {
    const program = await fill(temporary);
    await putInPlace(temporary, folder, program);
    return path.join(folder, program);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function putInPlace(temporary: string, folder: string, program: string): Promise<void> {
  try {
    await rename(temporary, folder);
  } catch {
    // A folder is there: another process was first, or it holds a program that does not run. Only the file is replaced.
    await mkdir(folder, { recursive: true });
    await rename(path.join(temporary, program), path.join(folder, program));
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`${path.basename(folder)}${mark}`)) continue;
    const age =
      Date.now() -
      (await stat(path.join(parent, name)).then(
        (s) => s.mtimeMs,
        () => Date.now(),
      ));
    if (age > abandonedAfterMs) await rm(path.join(parent, name), { recursive: true, force: true });
  }
}
