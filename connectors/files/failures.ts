import { errorCode, isSyncFailure, SyncFailure } from '../../index.ts';

/** `orders.csv:17` or `orders.csv:17:3`: a line and, where known, a column of a CSV row, both from 1. */
export const at = (file: string, line: number, column?: number): string =>
  column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;

export const malformed = (place: string, what: string): SyncFailure =>
  new SyncFailure('FILE_MALFORMED', `${place}: ${what}`, { effect: 'none' });

const words: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be opened',
  EPERM: 'may not be opened',
  EISDIR: 'is a folder',
  ELOOP: 'is a link that cannot be followed',
  ENOTDIR: 'has a file where a folder is expected',
  ENOSPC: 'cannot be written: the disk is full',
  EROFS: 'cannot be written: the disk is read-only',
  EMFILE: 'cannot be opened: too many open files',
};

/** Runs file work; an error of the file system becomes FILE_UNREADABLE with the file's name. */
export async function withFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileFailure(file, error);
  }
}

export function fileFailure(file: string, error: unknown): unknown {
  if (isSyncFailure(error)) return error;
  const code = errorCode(error);
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  return new SyncFailure('FILE_UNREADABLE', `${file} ${words[code] ?? 'cannot be used'} (${code})`, { effect: 'none' });
}
