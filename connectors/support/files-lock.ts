import { open, readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { errorCode } from '../../model/error-code.ts';
import { SyncFailure } from '../../model/failure.ts';
import { withFile } from './files-failures.ts';

/**
 * Runs `work` while a lock file shows that this process writes `file`: two writers that merge at once would lose one
 * of the two changes. A lock whose process has died on this machine is taken over; otherwise throws FILE_BUSY.
 */
export async function withLock<T>(lock: string, file: string, work: () => Promise<T>): Promise<T> {
  await takeLock(lock, file);
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => undefined);
  }
}

async function takeLock(lock: string, file: string): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (await created(lock, file)) return;
    if (!(await isStale(lock))) break;
    await unlink(lock).catch(() => undefined);
  }
  throw new SyncFailure('FILE_BUSY', `${file}: another process writes it (${lock})`, {
    effect: 'none',
    retryAfterMs: 1_000,
  });
}

const created = (lock: string, file: string): Promise<boolean> =>
  withFile(file, async () => {
    try {
      const handle = await open(lock, 'wx');
      await handle.writeFile(`${process.pid} ${hostname()}\n`);
      await handle.close();
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      // Not created here: it may be the place of a share that is not mounted.
      if (errorCode(error) === 'ENOENT') throw folderMissing(dirname(lock));
      throw error;
    }
  });

const folderMissing = (folder: string): SyncFailure =>
  new SyncFailure('FILE_UNREADABLE', `the folder ${folder} does not exist`, { effect: 'none' });

async function isStale(lock: string): Promise<boolean> {
  const [pid = '', host = ''] = (await readFile(lock, 'utf8').catch(() => '')).trim().split(' ');
  return host === hostname() && /^\d+$/.test(pid) && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
