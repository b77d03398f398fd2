import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders that hold no source of the project. */
const passedOver = new Set(['node_modules', 'dist', 'test', 'bench']);
const relevant = /\.(?:[cm]?[jt]s|ya?ml|json)$/;
/** A folder with more files than this is no project; what lies beyond is not looked at. */
const maxFiles = 20_000;

interface ProjectFile {
  readonly path: string;
  /** Undefined when it was removed meanwhile. */
  readonly mtimeMs: number | undefined;
  readonly size: number | undefined;
}

/**
 * Changes when a file that a project may be made of has been written, added or removed. Reads names, sizes and times,
 * no contents, so that a worker can ask often.
 */
export async function projectFingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const { path, mtimeMs, size } of projectFiles(folder))
    hash.update(`${path}\0${mtimeMs ?? ''}\0${size ?? ''}\n`);
  return hash.digest('hex');
}

/** When one of these files was last written, in milliseconds since 1970; 0 when there is none. */
export async function lastEditMs(folder: string): Promise<number> {
  let last = 0;
  for await (const { mtimeMs = 0 } of projectFiles(folder)) last = Math.max(last, mtimeMs);
  return last;
}

/** In an order that is always the same. */
async function* projectFiles(folder: string): AsyncGenerator<ProjectFile> {
  const open = [''];
  let files = 0;
  for (let below = open.pop(); below !== undefined; below = open.pop()) {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith('.') || passedOver.has(entry.name) || files >= maxFiles) continue;
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) open.push(path);
      else if (relevant.test(entry.name)) {
        files++;
        const { mtimeMs, size } = (await stat(join(folder, path)).catch(() => undefined)) ?? {};
        yield { path, mtimeMs, size };
      }
    }
  }
}
