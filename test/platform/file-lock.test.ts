import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type HeldLock, type TakenLock, takeLock, underFileLockOf } from '../../platform/foundation/file-lock.ts';
import { ownMark } from '../../platform/foundation/process-identity.ts';
import { describeUnless } from '../support/skip.ts';
import { whyNoSmallDisk, withSmallDisk } from '../support/small-disk.ts';
import { withFolder } from '../support/stack.ts';

const run = promisify(execFile);

/** Shorter than the product's: what is left behind is never renewed, however long one waits. */
const brief = { purpose: 'dev', leaseMs: 50 };
const underLock = underFileLockOf(brief.leaseMs);

const heldIn = (taken: TakenLock): HeldLock => {
  if (!('held' in taken)) throw new Error('somebody else holds it');
  return taken.held;
};
const ownerText = async (more: object): Promise<string> =>
  JSON.stringify({ id: 'x', ...(await ownMark()), purpose: 'dev', since: '2026-01-01T00:00:00Z', ...more });

const withLockFile = (work: (lock: string, folder: string) => Promise<void>): Promise<void> =>
  withFolder((folder) => work(path.join(folder, 'stack.lock'), folder));

test('of many that find a lock left behind, exactly one takes it', () =>
  withLockFile(async (lock) => {
    for (let round = 0; round < 3; round++) {
      await writeFile(lock, await ownerText({ identity: 'an earlier process' }));
      const answers = await Promise.all(Array.from({ length: 20 }, () => takeLock(lock, brief)));
      const held = answers.filter((answer) => 'held' in answer);
      expect(held).toHaveLength(1);
      expect(answers.filter((answer) => 'owner' in answer && answer.owner?.pid === process.pid)).toHaveLength(19);
      for (const one of held) await heldIn(one).release();
    }
  }));

test('the lock of a process that runs here is never taken, however long it does not renew it', () =>
  withLockFile(async (lock) => {
    await writeFile(lock, await ownerText({}));
    expect(await takeLock(lock, { purpose: 'x', leaseMs: 0 })).toMatchObject({ owner: { purpose: 'dev' } });
  }));

test.each([
  ['is of an earlier container with our pid', () => ownerText({ space: 'boot/pid:[1]', pid: process.pid })],
  ['is of another machine', () => ownerText({ space: 'other/pid:[1]', identity: 'other/1' })],
  ['names pid and host as earlier versions wrote them', async () => `${process.pid} ${hostname()}\n`],
  ['is empty, as after a full disk', async () => ''],
  ['is cut short', async () => '{"pid": 1'],
])('a lock that %s is taken over once its lease has run out', (_what, text) =>
  withLockFile(async (lock, folder) => {
    await writeFile(lock, await text());
    const held = heldIn(await takeLock(lock, brief));
    expect(held.tookOver).toBe(true);
    await held.release();
    expect(await readdir(folder)).toEqual([]);
  }),
);

test('a lock of another container is left to it while it is renewed', () =>
  withLockFile(async (lock) => {
    await writeFile(lock, await ownerText({ space: 'boot/pid:[1]' }));
    let renewals = 0;
    const renewing = setInterval(() => void utimes(lock, 1, ++renewals), 10);
    try {
      const taken = await takeLock(lock, { purpose: 'x', leaseMs: 60_000 });
      expect(taken).toMatchObject({ owner: { space: 'boot/pid:[1]' } });
    } finally {
      clearInterval(renewing);
    }
  }));

test('links, folders and pipes in the place of a lock are neither followed nor read', () =>
  withLockFile(async (lock, folder) => {
    const aim = path.join(folder, 'aim');
    await writeFile(aim, 'kept');
    await symlink('aim', lock);
    await heldIn(await takeLock(lock, brief)).release();
    expect(await readFile(aim, 'utf8')).toBe('kept');
    if (process.platform !== 'win32') {
      await run('mkfifo', [lock]);
      await heldIn(await takeLock(lock, brief)).release();
    }
    await mkdir(lock);
    await expect(takeLock(lock, brief)).rejects.toThrow(/EISDIR|EPERM|directory/);
  }));

test('an owner that was taken for dead is told before it does harm, and leaves the lock of the other', () =>
  withLockFile(async (lock, folder) => {
    const late = underLock(lock, async ({ confirm }) => {
      await confirm();
      await writeFile(`${lock}.other`, 'of another');
      await run('mv', [`${lock}.other`, lock]);
      await confirm();
    });
    await expect(late).rejects.toMatchObject({ code: 'FILE_BUSY', effect: 'none' });
    expect(await readFile(lock, 'utf8')).toBe('of another');
    expect(await readdir(folder)).toEqual(['stack.lock']);
  }));

test('nothing is left of a lock whose work failed', () =>
  withLockFile(async (lock, folder) => {
    const failing = underLock(lock, async () => {
      throw new Error('half way');
    });
    await expect(failing).rejects.toThrow('half way');
    expect(await readdir(folder)).toEqual([]);
  }));

describeUnless(await whyNoSmallDisk(), 'on a full disk', () => {
  test('no lock can be taken, and none is left', () =>
    withSmallDisk(async ({ folder, fill }) => {
      await fill();
      await expect(takeLock(path.join(folder, 'stack.lock'), brief)).rejects.toThrow('ENOSPC');
      expect(await readdir(folder)).toEqual(['ballast']);
    }));
});
