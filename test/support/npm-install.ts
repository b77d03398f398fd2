import { execFile } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const notCopied = new Set(['.git', '.syncline', 'dist', 'dist-lab', 'node_modules']);

/** What a terminal has, less what the test run and its npm have put there. */
export const plainEnv = { PATH: process.env['PATH'], HOME: process.env['HOME'] };

/**
 * The file that `npm pack` makes of a copy of this checkout, in which an earlier build has left a file.
 * Answers its path. The checkout's own build, which other tests run, is left alone.
 */
export async function packCheckout(folder: string): Promise<string> {
  const copy = path.join(folder, 'checkout');
  await cp(root, copy, { recursive: true, filter: (from) => !notCopied.has(path.relative(root, from)) });
  await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  await mkdir(path.join(copy, 'dist'));
  await writeFile(path.join(copy, 'dist', 'left-over.js'), '');
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: copy, env: plainEnv });
  return path.join(folder, stdout.trim());
}

/** `npm install` in an empty folder of this name, from the registry. Answers the folder. */
export async function npmInstall(folder: string, ...args: readonly string[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const quietly = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', [...quietly, ...args], { cwd: folder, env: plainEnv });
  return folder;
}
