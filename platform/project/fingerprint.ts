import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders that hold no source of the project. */
const passedOver = new Set(['node_modules', 'dist', 'test', 'bench']);
const relevant = /\.(?:[cm]?[jt]s|ya?ml|json)$/;
/** A folder with more files than this is no project; what lies beyond is not looked at. */
const maxFiles = 20_000;

/**
 * Changes when a file that a project may be made of has been written, added or removed. Reads names, sizes and times,
 * no contents, so that a worker can ask often.
 */
export async function projectFingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  let files = 0;
  const walk = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith('.') || passedOver.has(entry.name) || files >= maxFiles) continue;
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (relevant.test(entry.name)) {
        files++;
        const found = await stat(join(folder, path)).catch(() => undefined);
        hash.update(`${path}\0${found?.mtimeMs ?? ''}\0${found?.size ?? ''}\n`);
      }
    }
  };
  await walk('');
  return hash.digest('hex');
}
