import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createReadSecret } from '../../platform/secrets/read.ts';
import { commandLine } from '../support/command-line.ts';
import { withProject } from '../support/temp-project.ts';

const canary = 'canary-value-0123456789';

/** `syncline secrets …` with a value on its standard input, as in a pipe. */
async function piped(folder: string, value: string, ...args: string[]) {
  const program = join(import.meta.dirname, '../../bin/syncline.js');
  const child = spawn(process.execPath, [program, 'secrets', ...args, '--project', folder], {
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  child.stdin.on('error', () => {});
  child.stdin.end(value);
  const [code] = await once(child, 'close');
  return { code, output };
}

test('set, list, rotate and remove keep a secret in the vault and print no value', async () => {
  await withProject({}, async (folder) => {
    const read = createReadSecret({ env: {}, projectFolder: folder });
    const set = await piped(folder, `${canary}\n`, 'set', 'shop-token');
    expect(set).toMatchObject({ code: 0 });
    expect(set.output).toContain('{ vault: shop-token }');
    expect(set.output).toContain('A key was made: .syncline/key');
    expect((await stat(join(folder, '.syncline/key'))).mode & 0o777).toBe(0o600);
    expect(await read({ vault: 'shop-token' })).toBe(canary);

    const rotated = await piped(folder, 'second-canary-value', 'rotate', 'shop-token', '--overlap', '2 h');
    expect(rotated).toMatchObject({ code: 0 });
    expect(await read({ vault: 'shop-token' })).toBe('second-canary-value');
    expect(await read({ vault: 'shop-token' }, 'previous')).toBe(canary);

    const env = { OTHER: 'third-canary-value' };
    const other = await commandLine(['secrets', 'set', 'other', '--env', 'OTHER', '--project', folder], { env });
    expect(other).toMatchObject({ code: 0 });
    const list = await commandLine(['secrets', 'list', '--json', '--project', folder]);
    expect(JSON.parse(list.stdout)).toEqual({
      entries: [
        { name: 'other', setAt: expect.any(String), previousUntil: null, readable: true },
        { name: 'shop-token', setAt: expect.any(String), previousUntil: expect.any(String), readable: true },
      ],
    });

    const removed = await piped(folder, '', 'remove', 'othr');
    expect(removed).toMatchObject({ code: 2 });
    expect(removed.output).toContain('Did you mean `other`?');
    expect(await piped(folder, '', 'remove', 'other')).toMatchObject({ code: 0 });
    const file = await readFile(join(folder, 'vault.json'), 'utf8');
    expect(set.output + rotated.output + other.stdout + other.stderr + list.stdout + list.stderr + file).not.toMatch(
      /canary/,
    );
  });
});

test('a value among the arguments is refused, wherever it stands, and not repeated', async () => {
  await withProject({}, async (folder) => {
    for (const args of [
      ['set', 'shop-token', canary],
      ['set', 'shop-token', `--value=${canary}`],
      ['set', canary.toUpperCase()],
      ['rotate', 'shop-token', canary],
    ]) {
      const { code, output } = await piped(folder, '', ...args);
      expect([args, code]).toEqual([args, 2]);
      expect(output.toLowerCase()).not.toContain('canary');
    }
    const empty = await piped(folder, '', 'set', 'shop-token');
    expect(empty).toMatchObject({ code: 2 });
    expect(empty.output).toContain('standard input is empty');
    await expect(stat(join(folder, 'vault.json'))).rejects.toThrow('ENOENT');
  });
});
