import { lstat, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { errorCode } from '../model/failure/error-code.ts';
import type { Problem } from '../model/text/problem.ts';

export type TextFile = { readonly text: string } | { readonly problem: Problem };

/** Far above any file that a person writes; a larger one is data in the wrong folder. */
const maxFileBytes = 4 * 1024 * 1024;

/** Reads a UTF-8 file of the project; a byte order mark is dropped. Whatever is wrong with it becomes a problem. */
export async function readProjectFile(folder: string, file: string): Promise<TextFile> {
  const path = join(folder, file);
  try {
    const outside = await leadsOutside(folder, path);
    if (outside)
      return refused(
        file,
        'FILE_UNREADABLE',
        'it is a link that leads out of the project folder.',
        'Copy the file into the project.',
      );
    const handle = await open(path, 'r');
    try {
      const found = await handle.stat();
      if (found.isDirectory())
        return refused(file, 'FILE_UNREADABLE', 'it is a folder; expected a file.', 'Rename or remove the folder.');
      if (!found.isFile())
        return refused(file, 'FILE_UNREADABLE', 'it is not a regular file.', 'Put a regular file in its place.');
      if (found.size > maxFileBytes)
        return refused(
          file,
          'FILE_TOO_LARGE',
          `it has ${found.size} bytes; at most ${maxFileBytes} are read.`,
          'Records belong elsewhere than in the project’s own files.',
        );
      return decode(file, await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (error) {
    return refused(file, 'FILE_UNREADABLE', `${whyUnreadable(error)}.`, 'Check path and permissions.');
  }
}

async function leadsOutside(folder: string, path: string): Promise<boolean> {
  if (!(await lstat(path)).isSymbolicLink()) return false;
  const root = await realpath(folder);
  return !(await realpath(path)).startsWith(root.endsWith(sep) ? root : root + sep);
}

function decode(file: string, bytes: Buffer): TextFile {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16 || bytes.includes(0))
    return refused(
      file,
      'FILE_ENCODING',
      isUtf16 ? 'it is UTF-16; expected UTF-8.' : 'it holds NUL bytes; expected UTF-8 text.',
      'Save it as UTF-8.',
    );
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const before = new TextDecoder().decode(bytes).split('\uFFFD')[0] ?? '';
    const line = before.split('\n').length;
    return {
      problem: { ...problem(file, 'FILE_ENCODING', 'it is not UTF-8 from here on.', 'Save it as UTF-8.'), line },
    };
  }
}

/** In words, for a message. */
export function whyUnreadable(error: unknown): string {
  const code = errorCode(error) ?? '';
  return reasons[code] ?? `it cannot be read${code === '' ? '' : ` (${code})`}`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a folder; expected a file',
  ENOTDIR: 'a part of its path is not a folder',
  ELOOP: 'it is a link that leads in a circle',
  EMFILE: 'too many files are open',
};

const problem = (file: string, code: Problem['code'], message: string, next: string): Problem => ({
  severity: 'error',
  code,
  file,
  message,
  next,
});

const refused = (...args: Parameters<typeof problem>): TextFile => ({ problem: problem(...args) });
