import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { UnderFileLock } from '../../model/connector/file-lock.ts';
import { errorCode } from '../../model/failure/error-code.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import { jsonIn } from '../../model/record/json.ts';
import { ownMark, presenceOf } from './process-identity.ts';

/** A lock whose owner cannot be looked up counts as left behind when it has not been renewed for this long. */
const LEASE_MS = 30_000;
const RENEW_MS = 3_000;
const LOOK_MS = 250;
/** For a rival that had judged the same old lock and is about to move it. */
const RIVAL_MS = 30;
const MAX_LOCK_BYTES = 4_096;

const lockOwner = z.object({
  id: z.string(),
  pid: z.int().positive(),
  identity: z.string().nullable(),
  space: z.string().nullable(),
  /** What it holds the lock for, such as `dev`. */
  purpose: z.string(),
  /** ISO 8601. */
  since: z.string(),
});
export type LockOwner = z.output<typeof lockOwner>;

export interface HeldLock {
  /** The owner before ended while it held the lock. */
  readonly tookOver: boolean;
  /** False when somebody took this one for left behind, as after a suspension of more than the lease. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/** `owner` is null when the lock file does not say who holds it. */
export type TakenLock = { readonly held: HeldLock } | { readonly owner: LockOwner | null };

export interface LockOptions {
  readonly purpose: string;
  readonly signal?: AbortSignal | undefined;
  readonly leaseMs?: number | undefined;
}

/**
 * Takes a lock file, or answers who holds it. The owner is a process of one boot and one PID namespace, with its start
 * time: one that can be looked up and is gone is taken over from at once, one that runs never. Where it cannot be looked
 * up (another container or machine, a file that says nothing) the lock is a lease: taken over when its owner has not
 * renewed it for `leaseMs`, by our clock alone. Whatever fails, no lock file of ours is left.
 */
export async function takeLock(file: string, { purpose, signal, leaseMs = LEASE_MS }: LockOptions): Promise<TakenLock> {
  // By the random id two attempts of one process are two.
  const text = JSON.stringify({ id: randomUUID(), ...(await ownMark()), purpose, since: new Date().toISOString() });
  let tookOver = false;
  while (true) {
    const handle = await create(file, text);
    if (handle !== null) {
      if (tookOver) await sleep(RIVAL_MS);
      const held = holding(file, handle, tookOver);
      if (await held.isHeld()) return { held };
      await held.release();
      continue;
    }
    const found = await look(file);
    if (found === null) continue;
    const fate = await fateOf(file, found, leaseMs, signal);
    if (fate === 'held') return { owner: found.owner };
    if (fate === 'changed') continue;
    await discardStale(file, found);
    tookOver = true;
  }
}

/** For whoever replaces a file: `leaseMs` as for `takeLock`. */
export const underFileLockOf =
  (leaseMs?: number): UnderFileLock =>
  async (file, work, signal) => {
    const taken = await takeLock(file, { purpose: 'write', signal, leaseMs });
    if (!('held' in taken)) throw busy(file);
    const { tookOver, isHeld, release } = taken.held;
    const confirm = async () => {
      if (!(await isHeld())) throw busy(file);
    };
    try {
      return await work({ tookOver, confirm });
    } finally {
      await release();
    }
  };

export const underFileLock: UnderFileLock = underFileLockOf();

const busy = (file: string): SyncFailure =>
  new SyncFailure('FILE_BUSY', `another process holds ${file}`, { effect: 'none', retryAfterMs: 1_000 });

/** Null when there is a lock already. The name is never followed when it is a link. */
async function create(file: string, text: string): Promise<FileHandle | null> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'wx');
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return null;
    throw error;
  }
  try {
    await handle.writeFile(text);
    return handle;
  } catch (error) {
    await handle.close();
    await rm(file, { force: true });
    throw error;
  }
}

function holding(file: string, handle: FileHandle, tookOver: boolean): HeldLock {
  const renewing = setInterval(() => {
    const now = new Date();
    // By the descriptor: never the lock of a rival that took over.
    handle.utimes(now, now).catch(() => undefined);
  }, RENEW_MS).unref();
  const isHeld = async () => {
    const [mine, there] = await Promise.all([handle.stat(), lstat(file).catch(() => null)]);
    return there !== null && mine.ino === there.ino && mine.dev === there.dev;
  };
  return {
    tookOver,
    isHeld,
    async release() {
      clearInterval(renewing);
      const removed = (await isHeld()) && (await removes(file));
      // Where it cannot be removed, or a rival is about to put it back, it names no owner: its lease runs out.
      if (!removed) await handle.truncate(0).catch(() => undefined);
      await handle.close();
    },
  };
}

const removes = (file: string): Promise<boolean> =>
  rm(file).then(
    () => true,
    () => false,
  );

interface SeenLock {
  readonly owner: LockOwner | null;
  readonly text: string;
  /** Changes with each renewal, and when another file takes the name. */
  readonly stamp: string;
}

/** Null when there is no lock. Links, pipes and what else may lie there are not read. */
async function look(file: string): Promise<SeenLock | null> {
  const found = await lstat(file, { bigint: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return null;
  const text = found.isFile() ? await readStart(file) : '';
  const owner = lockOwner.safeParse(jsonIn(text)).data ?? null;
  return { owner, text, stamp: `${found.ino}/${found.mtimeNs}/${found.size}` };
}

async function readStart(file: string): Promise<string> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_LOCK_BYTES));
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}

async function fateOf(
  file: string,
  found: SeenLock,
  leaseMs: number,
  signal: AbortSignal | undefined,
): Promise<'held' | 'changed' | 'left'> {
  const { owner } = found;
  const present = owner === null ? 'unknown' : await presenceOf(owner);
  if (present === 'runs') return 'held';
  if (present === 'gone') return 'left';
  // Looks are counted, not time: after a suspension of the machine the owner gets its chance to renew.
  for (let lookMs = 0; lookMs < leaseMs; lookMs += LOOK_MS) {
    await sleep(Math.min(LOOK_MS, leaseMs), undefined, { signal });
    const now = await look(file);
    if (now?.stamp !== found.stamp) return now?.text === found.text ? 'held' : 'changed';
  }
  return 'left';
}

/** Moves a lock that was left behind away. When it was somebody's new one by now, it is put back. */
async function discardStale(file: string, stale: SeenLock): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  try {
    if ((await look(aside))?.stamp !== stale.stamp) await link(aside, file).catch(() => undefined);
  } finally {
    await rm(aside, { force: true });
  }
}
