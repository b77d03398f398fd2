import type { FilesSettings } from './options.ts';

/** Who, beside the user of this process, can put files into a folder, or links in place of files. */
export type Writers = 'nobody' | 'group' | 'others';

/** Pure. `user` is undefined where the system has no such numbers. The administrator (0) can do all in any case. */
export function writersOf(folder: { readonly uid: number; readonly mode: number }, user: number | undefined): Writers {
  if (user === undefined) return 'nobody';
  if ((folder.uid !== user && folder.uid !== 0) || (folder.mode & 0o002) !== 0) return 'others';
  return (folder.mode & 0o020) === 0 ? 'nobody' : 'group';
}

/** Why a folder with these writers is not used as its connection says; undefined when it is. Pure. */
export function folderFault(
  writers: Writers,
  { shared, links }: Pick<FilesSettings, 'shared' | 'links'>,
): string | undefined {
  if (writers === 'others' && !shared)
    return 'belongs to another user, or everyone may write into it; if that is right, say `shared: true` at the connection';
  if (writers !== 'nobody' && links === 'anywhere')
    return 'may be written by others, who could lead `links: anywhere` to any file; leave that out, or close the folder to them';
  return undefined;
}
