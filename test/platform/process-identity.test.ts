import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  ownMark,
  type PidSight,
  presence,
  presenceOf,
  processIdentity,
} from '../../platform/foundation/process-identity.ts';
import { readRunningDev, removeDevFile, writeDevFile } from '../../stack/dev-file.ts';
import { withFolder } from '../support/stack.ts';

const mark = { pid: 7, identity: 'boot/100', space: 'boot/pid:[1]' };
const same: PidSight = { identity: 'boot/100' };

test.each([
  ['the same process of the same space', mark, mark.space, same, 'runs'],
  ['another process with its pid', mark, mark.space, { identity: 'boot/200' }, 'gone'],
  ['a pid that nothing has', mark, mark.space, 'none', 'gone'],
  ['a pid that may not be looked at', mark, mark.space, 'hidden', 'unknown'],
  ['the same pid in another container', mark, 'boot/pid:[2]', { identity: 'boot/300' }, 'unknown'],
  ['a pid that nothing has here, of another container', mark, 'boot/pid:[2]', 'none', 'unknown'],
  ['a process of another boot or machine', mark, 'other/pid:[1]', 'none', 'unknown'],
  ['a system that tells no spaces', { ...mark, space: null }, null, same, 'unknown'],
  ['a process whose start is not known', { ...mark, identity: null }, mark.space, same, 'unknown'],
  ['a pid that nothing has, start not known', { ...mark, identity: null }, mark.space, 'none', 'gone'],
] as const)('of %s it is known whether it runs: %#', (_what, owner, here, seen, expected) => {
  expect(presence(owner, here, seen)).toBe(expected);
});

test('this process runs, an earlier one with its pid does not, nor one whose pid is free', async () => {
  const own = await ownMark();
  expect(own).toMatchObject({ pid: process.pid, identity: expect.any(String), space: expect.any(String) });
  expect(await presenceOf(own)).toBe('runs');
  expect(await presenceOf({ ...own, identity: 'an earlier process' })).toBe('gone');
  expect(await presenceOf({ ...own, pid: 2 ** 22 + 1 })).toBe('gone');
});

test('the identity of a process is the same each time, and there is none without a process', async () => {
  expect(await processIdentity(process.pid)).toBe(await processIdentity(process.pid));
  expect(await processIdentity(process.pid)).not.toBe(await processIdentity(process.ppid));
  expect(await processIdentity(2 ** 22 + 1)).toBeNull();
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
