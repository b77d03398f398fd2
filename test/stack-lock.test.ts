import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readRunningDev, removeDevFile, writeDevFile } from '../dev/stack/dev-file.ts';
import { processIdentity } from '../dev/stack/process-identity.ts';
import { discardStale, isHolder, type StackLock, takeStackLock } from '../dev/stack/stack-lock.ts';
import { withFolder } from './support/stack.ts';

const staleLock = JSON.stringify({
  pid: process.pid,
  identity: 'an earlier process',
  command: 'dev',
  since: '2026-01-01',
});

test('of many that find a lock left behind, exactly one takes it', async () => {
  await withFolder(async (folder) => {
    for (let round = 0; round < 3; round++) {
      await writeFile(path.join(folder, 'stack.lock'), staleLock);
      const answers = await Promise.all(Array.from({ length: 20 }, () => takeStackLock(folder, 'dev')));
      const locks = answers.filter((answer): answer is StackLock => !isHolder(answer));
      expect(locks).toHaveLength(1);
      expect(answers.filter(isHolder).every(({ pid }) => pid === process.pid)).toBe(true);
      await locks[0]?.release();
    }
  });
});

test('a lock that somebody took after it was judged stale is left in place', async () => {
  await withFolder(async (folder) => {
    const file = path.join(folder, 'stack.lock');
    await writeFile(file, 'taken by a rival');
    await discardStale(file, staleLock);
    expect(await readFile(file, 'utf8')).toBe('taken by a rival');
    await discardStale(file, 'taken by a rival');
    expect(await readdir(folder)).toEqual([]);
  });
});

test('a lock file that is cut short or strange is taken over', async () => {
  await withFolder(async (folder) => {
    await writeFile(path.join(folder, 'stack.lock'), '{"pid": 1');
    expect(isHolder(await takeStackLock(folder, 'dev'))).toBe(false);
  });
});

test('a dev file whose pid belongs to another process by now counts as none', async () => {
  await withFolder(async (folder) => {
    const addresses = {
      temporalAddress: '127.0.0.1:1',
      namespace: 'default',
      uiUrl: null,
      databaseUrl: 'postgresql://x',
    };
    await writeDevFile(folder, addresses);
    expect(await readRunningDev(folder)).toMatchObject({ ...addresses, pid: process.pid });
    const mine = JSON.stringify({ ...(await readRunningDev(folder)), identity: 'an earlier process' });
    await writeFile(path.join(folder, 'dev.json'), mine);
    expect(await readRunningDev(folder)).toBeNull();
    await removeDevFile(folder);
    expect(await readRunningDev(folder)).toBeNull();
  });
});

test('the identity of a process is the same each time, and there is none without a process', async () => {
  expect(await processIdentity(process.pid)).toBe(await processIdentity(process.pid));
  expect(await processIdentity(process.pid)).not.toBe(await processIdentity(process.ppid));
  expect(await processIdentity(2 ** 22 + 1)).toBeNull();
});
