import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SecretRef, secretRef } from '../../model/connection/secret.ts';
import { keyring } from '../../platform/crypto/keyring.ts';
import { ownMark } from '../../platform/foundation/process-identity.ts';
import { secretsOfProcess } from '../../platform/secrets/known.ts';
import { createReadSecret } from '../../platform/secrets/read.ts';
import {
  editVault,
  listed,
  withNewKey,
  withoutEntry,
  withRenewed,
  withValue,
} from '../../platform/secrets/vault-edit.ts';
import { readVault } from '../../platform/secrets/vault-file.ts';
import { type KvStore, startKvStore } from '../support/kv-store.ts';
import { withProject } from '../support/temp-project.ts';
import { json, startServer } from '../support/with-server.ts';

const refOf = (written: object): SecretRef => secretRef.parse(written);

const faultOf = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => 'none',
    (error: unknown) =>
      error instanceof Error && 'code' in error ? `${String(error.code)} ${error.message}` : 'other',
  );

describe('a store that speaks KV version 2', () => {
  let store: KvStore;
  const token = 'canary-store-token';

  beforeAll(async () => {
    store = await startKvStore(token);
    store.put('secret/data/shop/production', { token: 'first-of-shop', count: 7 });
  });
  afterAll(() => store.close());

  const reader = (env: Record<string, string> = {}, now?: () => number) =>
    createReadSecret({ env: { VAULT_ADDR: store.address, VAULT_TOKEN: token, ...env }, projectFolder: '.' }, now);
  const ref = refOf({ kv: 'shop/production', field: 'token' });

  test('is asked for the field of a path, and once a minute however often it is needed', async () => {
    let nowMs = 0;
    const read = reader({}, () => nowMs);
    const asked = store.requests.length;
    expect(await Promise.all([read(ref), read(ref)])).toEqual(['first-of-shop', 'first-of-shop']);
    expect(await read(ref)).toBe('first-of-shop');
    expect(store.requests.slice(asked)).toEqual(['GET /v1/secret/data/shop/production']);
    store.put('secret/data/shop/production', { token: 'second-of-shop' });
    expect(await read(ref)).toBe('first-of-shop');
    nowMs = 60_000;
    expect(await read(ref)).toBe('second-of-shop');
  });

  test('is asked at once for the latest, and for the version before it', async () => {
    const read = reader();
    expect(await read(ref)).toBe('second-of-shop');
    store.put('secret/data/shop/production', { token: 'third-of-shop' });
    expect(await read(ref, 'latest')).toBe('third-of-shop');
    expect(await read(ref, 'previous')).toBe('second-of-shop');
    expect(await read(ref)).toBe('third-of-shop');
  });

  test('that does not answer is retried, and a value that was read before is used meanwhile', async () => {
    let nowMs = 0;
    const read = reader({}, () => nowMs);
    store.trouble = 503;
    expect(await faultOf(read(ref))).toMatch(/^SECRET_STORE_UNAVAILABLE the store of the field token .* answered 503/);
    store.trouble = null;
    expect(await read(ref)).toBe('third-of-shop');
    store.trouble = 503;
    nowMs = 100_000;
    expect(await read(ref)).toBe('third-of-shop');
    const asked = store.requests.length;
    expect(await read(ref)).toBe('third-of-shop');
    expect(store.requests.length).toBe(asked);
    store.trouble = null;
  });

  test.each([
    [{ kv: 'shop/production', field: 'pin' }, {}, 'does not exist'],
    [{ kv: 'shop/production', field: 'token', mount: 'elsewhere' }, {}, 'does not exist, or was deleted'],
    [{ kv: 'shop/production', field: 'token' }, { VAULT_TOKEN: 'wrong' }, 'look at its token and policy'],
    [{ kv: 'shop/production', field: 'token' }, { VAULT_TOKEN: '' }, 'the variable VAULT_TOKEN is empty'],
    [{ kv: 'shop/production', field: 'token' }, { VAULT_ADDR: '' }, 'VAULT_ADDR names none'],
    [{ kv: 'shop/production', field: 'token', namespace: 'team' }, {}, 'look at its token and policy'],
  ])('gives nothing for %j with %j, and says why', async (written, env, says) => {
    const fault = await faultOf(reader(env)(refOf(written)));
    expect(fault).toMatch(/^SECRET_MISSING /);
    expect(fault).toContain(says);
    expect(fault).not.toContain(token);
  });

  test.each([
    ['http://169.254.169.254', 'link-local'],
    ['http://10.1.2.3:8200', 'unencrypted'],
  ])('at %s is not asked: %s', async (address, says) => {
    const fault = await faultOf(reader({ VAULT_ADDR: address })(ref));
    expect(fault).toMatch(/^SECRET_MISSING /);
    expect(fault).toContain(says);
  });

  test('that leads elsewhere is not followed: the token stays where it was sent', async () => {
    const elsewhere = await startServer((_, response) => json(response, {}));
    const leading = await startServer((_, response) =>
      response.writeHead(307, { location: `${elsewhere.address}/v1/secret/data/shop/production` }).end(),
    );
    try {
      expect(await faultOf(reader({ VAULT_ADDR: leading.address })(ref))).toMatch(/UNAVAILABLE .* answered 307/);
      expect([leading.requests.length, elsewhere.requests.length]).toEqual([1, 0]);
    } finally {
      await Promise.all([elsewhere.close(), leading.close()]);
    }
  });

  test('is asked for the path as it is written, whatever is in it', async () => {
    store.put('secret/data/shop/50%41', { token: 'of-an-odd-path' });
    expect(await reader()(refOf({ kv: 'shop/50%41', field: 'token' }))).toBe('of-an-odd-path');
  });

  test('gives nothing of a secret that was deleted or is no text', async () => {
    store.put('secret/data/gone', { token: 'x'.repeat(20), number: 1 });
    expect(await faultOf(reader()(refOf({ kv: 'gone', field: 'number' })))).toContain('is not a text');
    store.remove('secret/data/gone');
    expect(await faultOf(reader()(refOf({ kv: 'gone', field: 'token' })))).toContain('was deleted');
  });
});

describe('a program', () => {
  const read = createReadSecret({
    env: { PATH: process.env['PATH'], GREETING: 'hello-of-the-worker' },
    projectFolder: '/',
  });
  const node = (code: string, more: object = {}) => refOf({ exec: [process.execPath, '-e', code], ...more });

  test('gives what it prints, less the last line end, with the environment of the worker and without a shell', async () => {
    expect(await read(node("process.stdout.write(process.env.GREETING + '\\n')"))).toBe('hello-of-the-worker');
    expect(await read(refOf({ exec: ['echo', '$GREETING; echo two'] }))).toBe('$GREETING; echo two');
  });

  test.each([
    [node('process.exit(3)'), 'SECRET_STORE_UNAVAILABLE', 'failed with 3'],
    [node("process.stderr.write('canary'); process.exit(1)"), 'SECRET_STORE_UNAVAILABLE', 'failed with 1'],
    [
      node('setInterval(() => {}, 1000)', { timeout: '300 ms' }),
      'SECRET_STORE_UNAVAILABLE',
      'did not end within 300 ms',
    ],
    [node("process.stdout.write('x'.repeat(100_000))"), 'SECRET_MISSING', 'printed more than 65536 bytes'],
    [node(''), 'SECRET_MISSING', 'printed nothing'],
    [refOf({ exec: ['no-such-program-here'] }), 'SECRET_MISSING', 'there is no program'],
  ])('that gives nothing is told from one that is not there: %j', async (ref, code, says) => {
    const fault = await faultOf(read(ref));
    expect(fault).toContain(code);
    expect(fault).toContain(says);
    expect(fault).not.toContain('canary');
  });
});

describe('the vault of a project', () => {
  const [old, renewed] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const ring = keyring([old]);
  const env = { SYNCLINE_KEY: old.toString('base64') };
  const atMs = Date.parse('2026-05-01T12:00:00Z');

  test('gives an entry, and the value before it while the overlap lasts', async () => {
    await withProject({}, async (projectFolder) => {
      const read = createReadSecret({ env, projectFolder });
      await editVault(projectFolder, (vault) => withValue(vault, 'shop', 'first-of-vault', ring, atMs));
      expect((await stat(join(projectFolder, 'vault.json'))).mode & 0o777).toBe(0o600);
      expect(await read({ vault: 'shop' })).toBe('first-of-vault');
      const overlap = { nowMs: Date.now(), overlapMs: 3_600_000 };
      await editVault(projectFolder, (vault) => withRenewed(vault, 'shop', 'second-of-vault', ring, overlap));
      expect(await read({ vault: 'shop' })).toBe('second-of-vault');
      expect(await read({ vault: 'shop' }, 'previous')).toBe('first-of-vault');
      const over = { nowMs: Date.now() - 7_200_000, overlapMs: 3_600_000 };
      await editVault(projectFolder, (vault) => withRenewed(vault, 'shop', 'third-of-vault', ring, over));
      expect(await faultOf(read({ vault: 'shop' }, 'previous'))).toMatch(/^SECRET_MISSING /);
      await editVault(projectFolder, (vault) => withoutEntry(vault, 'shop'));
      expect(await faultOf(read({ vault: 'shop' }))).toContain('has no entry shop');
      expect(secretsOfProcess.mask('a second-of-vault b')).toBe('a [secret:SHOP] b');
    });
  });

  test('is sealed anew with a new key, after which the old one is needed no more', async () => {
    await withProject({}, async (projectFolder) => {
      await editVault(projectFolder, (vault) => withValue(vault, 'shop', 'value-of-shop', ring, atMs));
      const both = keyring([renewed, old]);
      await editVault(projectFolder, (vault) => withNewKey(vault, both));
      const only = { SYNCLINE_KEY: renewed.toString('base64') };
      expect(await createReadSecret({ env: only, projectFolder })({ vault: 'shop' })).toBe('value-of-shop');
      const fault = await faultOf(createReadSecret({ env, projectFolder })({ vault: 'shop' }));
      expect(fault).toContain(`encrypted with key ${keyring([renewed]).current}`);
      expect(listed(await readVault(projectFolder), ring)).toMatchObject([{ name: 'shop', readable: false }]);
    });
  });

  test('keeps the value before under the new key too, when both are renewed at once', async () => {
    await withProject({}, async (projectFolder) => {
      await editVault(projectFolder, (vault) => withValue(vault, 'shop', 'first-of-vault', ring, atMs));
      const times = { nowMs: Date.now(), overlapMs: 3_600_000 };
      const both = keyring([renewed, old]);
      await editVault(projectFolder, (vault) => withRenewed(vault, 'shop', 'second-of-vault', both, times));
      const read = createReadSecret({ env: { SYNCLINE_KEY: renewed.toString('base64') }, projectFolder });
      expect(await read({ vault: 'shop' })).toBe('second-of-vault');
      expect(await read({ vault: 'shop' }, 'previous')).toBe('first-of-vault');
    });
  });

  test('takes no new entry while an old one does not open, and gives no entry under another name', async () => {
    await withProject({}, async (projectFolder) => {
      await editVault(projectFolder, (vault) => withValue(vault, 'shop', 'value-of-shop', ring, atMs));
      const other = keyring([renewed]);
      const adding = editVault(projectFolder, (vault) => withValue(vault, 'books', 'x', other, atMs));
      expect(await faultOf(adding)).toMatch(/^ENCRYPTION_KEY_MISSING /);
      await editVault(projectFolder, (vault) => ({ ...vault, entries: { books: vault.entries['shop'] ?? never() } }));
      const read = createReadSecret({ env, projectFolder });
      expect(await faultOf(read({ vault: 'books' }))).toContain('it was changed, cut or moved');
    });
  });

  test('that is no vault any more is refused, not overwritten', async () => {
    await withProject({ 'vault.json': '{"entries":' }, async (projectFolder) => {
      await chmod(join(projectFolder, 'vault.json'), 0o600);
      const adding = editVault(projectFolder, (vault) => withValue(vault, 'shop', 'x', ring, atMs));
      expect(await faultOf(adding)).toMatch(/^SEALED_DATA_DAMAGED /);
    });
  });

  test('is written by one command at a time, and not held by one that has died', async () => {
    await withProject({}, async (projectFolder) => {
      const lock = join(projectFolder, 'vault.json.lock');
      const owner = { id: 'x', ...(await ownMark()), purpose: 'write', since: '' };
      const add = () => editVault(projectFolder, (vault) => withValue(vault, 'shop', 'x', ring, atMs));
      await writeFile(lock, JSON.stringify(owner));
      expect(await faultOf(add())).toMatch(/^FILE_BUSY .*vault.json.lock/);
      await writeFile(lock, JSON.stringify({ ...owner, identity: 'an earlier process' }));
      await add();
      expect((await readdir(projectFolder)).filter((name) => name.startsWith('vault'))).toEqual(['vault.json']);
    });
  });
});

function never(): never {
  throw new Error('not there');
}
