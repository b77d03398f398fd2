import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSecretName, redactSecrets, secretKind } from '../../model/connection/secret-text.ts';
import { createReadSecret } from '../../platform/secrets/read.ts';
import { checkProject } from '../../project/load.ts';
import { paperProject, withProject } from '../support/temp-project.ts';

const withSecretFile = (mode: number, content: string): Promise<unknown> =>
  withProject({ 'shop.secret': content }, async (projectFolder) => {
    await chmod(join(projectFolder, 'shop.secret'), mode);
    return createReadSecret({ env: {}, projectFolder })({ file: 'shop.secret' }).catch((error: unknown) => error);
  });

describe('secrets', () => {
  test('are read from the environment and from files, without the last line end', async () => {
    const read = createReadSecret({ env: { TOKEN: 'opensesame' }, projectFolder: '/' });
    expect(await read({ env: 'TOKEN' })).toBe('opensesame');
    expect(await withSecretFile(0o600, 'open sesame \n')).toBe('open sesame ');
    expect(await withSecretFile(0o400, 'a\nb\r\n')).toBe('a\nb');
  });

  test('are read anew each time, so that a rotated one is used at once', async () => {
    await withProject({ 'shop.secret': 'old' }, async (projectFolder) => {
      const path = join(projectFolder, 'shop.secret');
      await chmod(path, 0o600);
      const read = createReadSecret({ env: {}, projectFolder });
      expect(await read({ file: path })).toBe('old');
      await writeFile(path, 'new');
      expect(await read({ file: path })).toBe('new');
    });
  });

  test.each([
    [0o644, 'x', 'mode 0644'],
    [0o640, 'x', 'mode 0640'],
    [0o604, 'x', 'mode 0604'],
    [0o600, '', 'is empty'],
    [0o600, 'x'.repeat(70_000), 'is larger than'],
  ])('a file of mode %o is refused when its content or mode is wrong', async (mode, content, says) => {
    expect(await withSecretFile(mode, content)).toMatchObject({
      code: 'SECRET_MISSING',
      message: expect.stringContaining(says),
    });
  });

  test('one that is not there names the reference', async () => {
    const read = createReadSecret({ env: { EMPTY: '' }, projectFolder: '/nowhere' });
    await expect(read({ env: 'TOKEN' })).rejects.toThrow('the variable TOKEN is not set');
    await expect(read({ env: 'EMPTY' })).rejects.toThrow('the variable EMPTY is empty');
    await expect(read({ file: 'x' })).rejects.toThrow('the secret file x does not exist');
  });

  test('are looked at by check: missing is a warning with the nearest variable, open to others an error', async () => {
    const yaml = `shop: { kind: paper, url: "https://a.test", password: { env: SHOP_TOKN } }
books: { kind: paper, url: "https://b.test", password: { file: books.secret } }
`;
    await withProject(paperProject({ 'connections.yaml': yaml, 'books.secret': 'opensesame' }), async (folder) => {
      await chmod(join(folder, 'books.secret'), 0o644);
      const { problems } = await checkProject(folder, { SHOP_TOKEN: 'abracadabra' });
      expect(problems).toMatchObject([
        {
          severity: 'warning',
          code: 'SECRET_MISSING',
          line: 1,
          message: expect.stringContaining('Did you mean `SHOP_TOKEN`?'),
        },
        {
          severity: 'error',
          code: 'SECRET_EXPOSED',
          line: 2,
          message: expect.stringContaining('chmod 600 books.secret'),
        },
      ]);
      expect(JSON.stringify(problems)).not.toMatch(/opensesame|abracadabra/);
    });
  });

  test('the token of a session is a place in the answer, its body’s password a reference', async () => {
    const session = (password: string) => `shop:
  kind: paper
  url: https://a.test
  auth: { kind: session, path: /login, body: { name: me, password: ${password} }, token: /token }
books: { kind: paper, url: "https://b.test" }
`;
    const codes = async (yaml: string): Promise<readonly string[]> =>
      withProject(paperProject({ 'connections.yaml': yaml }), async (folder) =>
        (await checkProject(folder, { PW: 'x' })).problems.map(({ code }) => code),
      );
    expect(await codes(session('{ env: PW }'))).toEqual([]);
    expect(await codes(session('hunter2'))).toEqual(['SECRET_IN_CLEAR']);
    expect(await codes(session('{ volt: PW }'))).toEqual(['SECRET_REFERENCE']);
    expect(await codes(session('{ vault: pw }'))).toEqual(['SECRET_MISSING']);
  });

  test.each([
    ['sk_live_4242secret', 'an API key'],
    ['rk_test_abcdefgh', 'an API key'],
    ['ghp_abcdefghijklmnopqrst', 'a GitHub token'],
    ['AKIAIOSFODNN7EXAMPLE', 'an AWS access key'],
    ['xoxb-12345678-abc', 'a Slack token'],
    ['Bearer abcdefghijklmnopqrstuvwxyz', 'a bearer token'],
    ['postgresql://me:hunter2@db.test/x', 'a password'],
    ['https://:hunter2@db.test/x', 'a password'],
  ])('%s is recognised and redacted', (text, kind) => {
    expect(secretKind(text)).toBe(kind);
    const redacted = redactSecrets(`see ${text} there`);
    expect(redacted).toContain('[redacted]');
    expect(redacted).not.toMatch(/4242|abcdefgh|hunter2|IOSFODNN|12345678/);
  });

  test.each(['https://shop.test/v1', 'postgresql://me@db.test:5432/x', 'orders', '30 seconds', 'a:b@c', ''])(
    '%j is no secret',
    (text) => expect(secretKind(text)).toBeUndefined(),
  );

  test('names of secrets are known in every spelling', () => {
    expect(
      ['password', 'clientSecret', 'api_key', 'X-Api-Key', 'accessToken', 'Authorization'].every(isSecretName),
    ).toBe(true);
    expect(['owner', 'passwordPolicy', 'tokens', 'keyboard', 'key'].some(isSecretName)).toBe(false);
  });
});
