import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { errorCode } from '../../model/error-code.ts';
import { processIdentity } from './process-identity.ts';

/** Two engines on one data folder would destroy it: who holds this lock owns the embedded services of a project. */
export interface StackLock {
  release(): Promise<void>;
}

const holder = z.object({ pid: z.int().positive(), identity: z.string(), command: z.string(), since: z.string() });
export type LockHolder = z.infer<typeof holder>;

const fileName = 'stack.lock';

/** Takes the lock, or answers who holds it. One left by a process that is gone is taken over. */
export async function takeStackLock(stateFolder: string, command: string): Promise<StackLock | LockHolder> {
  const file = path.join(stateFolder, fileName);
  const mine = JSON.stringify({
    pid: process.pid,
    identity: (await processIdentity(process.pid)) ?? '',
    command,
    since: new Date().toISOString(),
    // Two attempts of one process are two.
    attempt: randomUUID(),
  });
  for (;;) {
    if (await create(file, mine)) {
      // A rival that judged the old lock stale just before us may still move ours away: look again after its moment.
      await sleep(30);
      if ((await read(file)) === mine) return { release: () => releaseLock(file, mine) };
      continue;
    }
    const found = await read(file);
    if (found === null) continue;
    const current = parse(found);
    if (current !== null && (await processIdentity(current.pid)) === current.identity) return current;
    await discardStale(file, found);
  }
}

/** Written whole under another name and then linked, so that nobody ever reads half a lock. */
async function create(file: string, text: string): Promise<boolean> {
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, text);
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Moves a stale lock away. When it was somebody's new one by now, it is put back. */
export async function discardStale(file: string, stale: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await read(aside)) !== stale) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
}

async function releaseLock(file: string, mine: string): Promise<void> {
  if ((await read(file)) === mine) await rm(file, { force: true });
}

const read = (file: string): Promise<string | null> => readFile(file, 'utf8').catch(() => null);

function parse(text: string): LockHolder | null {
  try {
    return holder.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export const isHolder = (answer: StackLock | LockHolder): answer is LockHolder => 'pid' in answer;
