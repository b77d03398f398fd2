import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { isSyncFailure, type SyncFailure } from '../../model/failure/failure.ts';
import { engineKeys, ensureEngineKey } from '../../platform/crypto/engine-keys.ts';
import { ENVELOPE_OVERHEAD_BYTES, idIn, keyring } from '../../platform/crypto/keyring.ts';
import { createStateFolder } from '../../platform/foundation/state-folder.ts';
import { withProject } from '../support/temp-project.ts';

const newKey = (): Buffer => randomBytes(32);

function failureOf(work: () => unknown): SyncFailure {
  try {
    work();
  } catch (error) {
    if (isSyncFailure(error)) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

describe('an envelope', () => {
  const ring = keyring([newKey()]);

  test('opens to what was sealed, whatever it is, and never looks the same twice', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string(), (bytes, purpose) => {
        const plain = Buffer.from(bytes);
        const sealed = ring.seal(plain, purpose);
        expect(ring.open(sealed, purpose)).toEqual(plain);
        expect(sealed.length).toBe(plain.length + ENVELOPE_OVERHEAD_BYTES);
        expect(ring.seal(plain, purpose)).not.toEqual(sealed);
      }),
    );
  });

  test('with any one bit changed, or cut short, does not open', () => {
    const sealed = ring.seal(Buffer.from('a refresh token'), 'token of shop');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const isKeyId = bit >= 8 && bit < 72;
      const failure = failureOf(() => ring.open(changed, 'token of shop'));
      expect(failure.code).toBe(isKeyId ? 'ENCRYPTION_KEY_MISSING' : 'SEALED_DATA_DAMAGED');
    }
    for (let length = 0; length < sealed.length; length++)
      expect(failureOf(() => ring.open(sealed.subarray(0, length), 'token of shop')).code).toBe('SEALED_DATA_DAMAGED');
  });

  test('does not open in another place than the one it was sealed for', () => {
    const sealed = ring.seal(Buffer.from('a refresh token'), 'token of shop');
    expect(failureOf(() => ring.open(sealed, 'token of books'))).toMatchObject({ code: 'SEALED_DATA_DAMAGED' });
  });
});

describe('a ring of keys', () => {
  test('seals with its first key and opens with every one, so that keys can be renewed', () => {
    const [old, renewed] = [newKey(), newKey()];
    const before = keyring([old]).seal(Buffer.from('x'), 'p');
    const both = keyring([renewed, old]);
    expect(both.open(before, 'p').toString()).toBe('x');
    expect(idIn(both.seal(Buffer.from('y'), 'p'))).toBe(keyring([renewed]).current);
    expect(both.knows(before)).toBe(true);
  });

  test('without the key says so and names the id, and an empty one cannot seal', () => {
    const sealed = keyring([newKey()]).seal(Buffer.from('x'), 'token of shop');
    const failure = failureOf(() => keyring([newKey()]).open(sealed, 'token of shop'));
    expect(failure.code).toBe('ENCRYPTION_KEY_MISSING');
    expect(failure.message).toContain(idIn(sealed));
    expect(keyring([newKey()]).knows(sealed)).toBe(false);
    expect(failureOf(() => keyring([]).seal(Buffer.from('x'), 'p'))).toMatchObject({ code: 'ENCRYPTION_KEY_MISSING' });
  });
});

describe('the keys of the engine', () => {
  const text = newKey().toString('base64');
  const id = keyring([Buffer.from(text, 'base64')]).current;

  test('come from SYNCLINE_KEY, then from the file of SYNCLINE_KEY_FILE, then from the project', async () => {
    await withProject({}, async (folder) => {
      expect((await engineKeys({}, folder)).current).toBeNull();
      await createStateFolder(folder);
      await ensureEngineKey({}, folder);
      const own = await readFile(join(folder, '.syncline/key'), 'utf8');
      expect((await stat(join(folder, '.syncline/key'))).mode & 0o777).toBe(0o600);
      await ensureEngineKey({}, folder);
      expect(await readFile(join(folder, '.syncline/key'), 'utf8')).toBe(own);
      expect((await engineKeys({}, folder)).current).toMatch(/^[0-9a-f]{16}$/);

      await writeFile(join(folder, 'named.key'), `${text}\n${newKey().toString('base64url')}\n`, { mode: 0o600 });
      expect((await engineKeys({ SYNCLINE_KEY_FILE: 'named.key' }, folder)).current).toBe(id);
      expect((await engineKeys({ SYNCLINE_KEY: text, SYNCLINE_KEY_FILE: 'gone' }, folder)).current).toBe(id);
    });
  });

  test('are not made where the environment names one', async () => {
    await withProject({}, async (folder) => {
      await mkdir(join(folder, '.syncline'));
      await ensureEngineKey({ SYNCLINE_KEY_FILE: 'elsewhere' }, folder);
      expect((await engineKeys({}, folder)).current).toBeNull();
    });
  });

  test('are refused when they are no keys, are gone, or lie open to others; the message never holds them', async () => {
    await withProject({ 'open.key': text }, async (folder) => {
      await chmod(join(folder, 'open.key'), 0o644);
      const refused = async (env: Record<string, string>) => {
        const error: unknown = await engineKeys(env, folder).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: 'ENCRYPTION_KEY_MISSING' });
        return String(error);
      };
      expect(await refused({ SYNCLINE_KEY: 'canary-short' })).not.toContain('canary');
      expect(await refused({ SYNCLINE_KEY: `${text} canary!` })).not.toContain('canary');
      expect(await refused({ SYNCLINE_KEY_FILE: 'gone.key' })).toContain('gone.key does not exist');
      expect(await refused({ SYNCLINE_KEY_FILE: 'open.key' })).toContain('chmod 600 open.key');
    });
  });
});
