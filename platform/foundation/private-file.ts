import { open } from 'node:fs/promises';
import process from 'node:process';
import { errorCode } from '../../model/failure/error-code.ts';

/** What a file that only its owner may read holds, or why it is not taken. The reason never repeats what is in it. */
export type PrivateFile =
  | { readonly text: string }
  | { readonly fault: 'absent' | 'unusable' | 'exposed'; readonly reason: string };

const maxBytes = 64 * 1024;

/** Where container runtimes mount secrets, readable inside the container only whatever their mode says. */
const runtimeFolders = ['/run/secrets/', '/var/run/secrets/'];

/**
 * Reads a file of at most 64 KiB that holds a secret; its last line end does not belong to it. Refused when the group
 * or others can read it. `kind` and `shown` are what messages call it: the `secret file` `shop.secret`.
 */
export async function readPrivateFile(path: string, kind: string, shown: string): Promise<PrivateFile> {
  const unusable = (why: string): PrivateFile => ({ fault: 'unusable', reason: `the ${kind} ${shown} ${why}` });
  try {
    const handle = await open(path, 'r');
    try {
      const found = await handle.stat();
      if (!found.isFile()) return unusable('is not a file');
      if (found.size > maxBytes) return unusable(`is larger than ${maxBytes} bytes`);
      if (isOpenToOthers(path, found.mode)) return { fault: 'exposed', reason: exposed(kind, shown, found.mode) };
      const text = (await handle.readFile('utf8')).replace(/\r?\n$/, '');
      return text === '' ? unusable('is empty') : { text };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { fault: 'absent', reason: `the ${kind} ${shown} does not exist` };
    return unusable('cannot be read by this user');
  }
}

const isOpenToOthers = (path: string, mode: number): boolean =>
  process.platform !== 'win32' && (mode & 0o044) !== 0 && !runtimeFolders.some((folder) => path.startsWith(folder));

function exposed(kind: string, shown: string, mode: number): string {
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return `the ${kind} ${shown} can be read by other users (mode ${octal}): run \`chmod 600 ${shown}\``;
}
