import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { engineKeys, ensureEngineKey } from '../../platform/crypto/engine-keys.ts';
import { createFile, writeFileAtomically } from '../../platform/foundation/atomic-file.ts';
import { withFolder } from '../support/files-system.ts';
import { describeUnless } from '../support/skip.ts';
import { whyNoSmallDisk, withSmallDisk } from '../support/small-disk.ts';

test('a file is made once, and what there is by then is left alone', () =>
  withFolder(async (folder) => {
    const file = path.join(folder, 'key');
    expect(await createFile(file, 'first')).toBe(true);
    expect(await createFile(file, 'second')).toBe(false);
    expect(await readFile(file, 'utf8')).toBe('first');
  }));

test('a file that cannot take its name leaves nothing beside it', () =>
  withFolder(async (folder) => {
    await mkdir(path.join(folder, 'taken'));
    await writeFile(path.join(folder, 'taken', 'inside'), '');
    await expect(writeFileAtomically(path.join(folder, 'taken'), 'x')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['taken']);
  }));

describeUnless(await whyNoSmallDisk(), 'on a full disk', () => {
  test('a file keeps what it held, and nothing is left beside it', () =>
    withSmallDisk(async ({ folder, fill }) => {
      const file = path.join(folder, 'vault.json');
      await writeFileAtomically(file, 'old');
      await fill();
      await expect(writeFileAtomically(file, 'new')).rejects.toThrow('ENOSPC');
      expect((await readdir(folder)).sort()).toEqual(['ballast', 'vault.json']);
      expect(await readFile(file, 'utf8')).toBe('old');
    }));

  test('no half of an engine key is made, and the key is made when there is room', () =>
    withSmallDisk(async ({ folder, fill }) => {
      await mkdir(path.join(folder, '.syncline'));
      await fill();
      await expect(ensureEngineKey({}, folder)).rejects.toThrow('ENOSPC');
      expect(await readdir(path.join(folder, '.syncline'))).toEqual([]);
      await unlink(path.join(folder, 'ballast'));
      await ensureEngineKey({}, folder);
      expect((await engineKeys({}, folder)).current).not.toBeNull();
    }));
});
