import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listSecrets } from '../../operations/secrets/list.ts';
import { removeSecret } from '../../operations/secrets/remove.ts';
import { rotateSecret } from '../../operations/secrets/rotate.ts';
import { rotateVaultKey } from '../../operations/secrets/rotate-key.ts';
import { setSecret } from '../../operations/secrets/set.ts';
import { createReadSecret } from '../../platform/secrets/read.ts';
import { folderContext } from '../support/operation-context.ts';
import { withProject } from '../support/temp-project.ts';

const keyText = () => randomBytes(32).toString('base64');

test('an entry is set, listed without its value, renewed and removed; the key is made with the first one', () =>
  withProject({}, async (folder) => {
    const context = folderContext(folder);
    const entry = { name: 'shop-token', setAt: expect.any(String), previousUntil: null, readable: true };
    expect(setSecret.document.parse(await setSecret.perform(context, { name: 'shop-token', value: 'one' }))).toEqual(
      entry,
    );
    await stat(join(folder, '.syncline/key'));
    expect(listSecrets.document.parse(await listSecrets.perform(context, {}))).toEqual({ entries: [entry] });

    const renewal = { name: 'shop-token', value: 'two', overlapMs: 60_000 };
    expect(rotateSecret.document.parse(await rotateSecret.perform(context, renewal))).toEqual({
      ...entry,
      previousUntil: expect.any(String),
    });
    const read = createReadSecret({ env: {}, projectFolder: folder });
    expect([await read({ vault: 'shop-token' }), await read({ vault: 'shop-token' }, 'previous')]).toEqual([
      'two',
      'one',
    ]);

    const removed = await removeSecret.perform(context, { name: 'shop-token' });
    expect(removeSecret.document.parse(removed)).toEqual({ removed: 'shop-token' });
    expect(await listSecrets.perform(context, {})).toEqual({ entries: [] });
  }));

test('every entry is sealed anew with the first key; without it none is at hand', () =>
  withProject({}, async (folder) => {
    const [first, second] = [keyText(), keyText()];
    await setSecret.perform(folderContext(folder, { SYNCLINE_KEY: first }), { name: 'a', value: 'one' });
    const renewed = await rotateVaultKey.perform(folderContext(folder, { SYNCLINE_KEY: `${second} ${first}` }), {});
    expect(rotateVaultKey.document.parse(renewed)).toMatchObject({ entries: [{ name: 'a', readable: true }] });
    const { entries } = await listSecrets.perform(folderContext(folder, { SYNCLINE_KEY: first }), {});
    expect(entries).toMatchObject([{ name: 'a', readable: false }]);
    await expect(rotateVaultKey.perform(folderContext(folder, { SYNCLINE_KEY: first }), {})).rejects.toMatchObject({
      code: 'ENCRYPTION_KEY_MISSING',
    });
  }));

test('a name that no entry can have or has is refused, and never repeated; no key is made for it', () =>
  withProject({}, async (folder) => {
    const context = folderContext(folder);
    const refused = { code: 'USAGE', message: expect.not.stringMatching(/canary/i) };
    await expect(setSecret.perform(context, { name: 'CANARY', value: 'one' })).rejects.toMatchObject(refused);
    await expect(setSecret.perform(context, { name: 'shop-token', value: '' })).rejects.toMatchObject(refused);
    await expect(stat(join(folder, '.syncline'))).rejects.toThrow('ENOENT');

    await setSecret.perform(context, { name: 'shop-token', value: 'one' });
    const renewal = { name: 'canary', value: 'two', overlapMs: 0 };
    await expect(rotateSecret.perform(context, renewal)).rejects.toMatchObject(refused);
    await expect(removeSecret.perform(context, { name: 'canary' })).rejects.toMatchObject(refused);
    await expect(removeSecret.perform(context, { name: 'shop-tokn' })).rejects.toMatchObject({
      message: expect.stringContaining('Did you mean `shop-token`?'),
    });
  }));
