import { readdir, readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';

/** As `nice 10`. */
const LOWERED = 10;

/** What V8 and libuv call their threads; those that have no name of their own are called as the program. */
const helper = /^(node|V8Worker|libuv-worker)/;

/**
 * Lets what this process does beside its event loop (collecting garbage, compiling, compressing) give way to it where all
 * cores are busy: each record waits for that one thread. Linux only, where each thread has a priority (setpriority(2));
 * elsewhere nothing is done. Answers how many threads it lowered.
 */
export async function lowerHelperThreads(): Promise<number> {
  const ids = await readdir('/proc/self/task').catch(() => []);
  const lowered = await Promise.all(ids.filter((id) => Number(id) !== process.pid).map((id) => lower(Number(id))));
  return lowered.filter(Boolean).length;
}

async function lower(id: number): Promise<boolean> {
  try {
    if (!helper.test(await readFile(`/proc/self/task/${id}/comm`, 'utf8'))) return false;
    setPriority(id, LOWERED);
    return true;
  } catch {
    // It has ended, or the system does not allow it.
    return false;
  }
}
