import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { built } from './built.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });

/**
 * Installs the package as it would be published into a folder, and beside it what npm would put there: what the package
 * depends on, and `tools`. These are those of this checkout; nothing is downloaded.
 */
export async function installPackage(folder: string, tools: readonly string[]): Promise<void> {
  built('cli/main.js');
  const modules = path.join(folder, 'node_modules');
  const installed = path.join(modules, 'syncline');
  await mkdir(installed, { recursive: true });
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: root });
  await run('tar', ['-xzf', path.join(folder, stdout.trim()), '--strip-components=1', '-C', installed]);
  const { dependencies } = manifest.parse(JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')));
  for (const name of [...Object.keys(dependencies), ...tools]) {
    const place = path.join(modules, name);
    await mkdir(path.dirname(place), { recursive: true });
    await symlink(path.join(root, 'node_modules', name), place);
  }
  await mkdir(path.join(modules, '.bin'));
  await symlink('../syncline/bin/syncline.js', path.join(modules, '.bin/syncline'));
  await symlink('../typescript/bin/tsc', path.join(modules, '.bin/tsc'));
}
