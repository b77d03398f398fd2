import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A page of docs/. */
export const guidePage = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, '../../docs', name), 'utf8');

/** Makes the project that a page describes: each of its code blocks that names a file. */
export async function writeGuideFiles(page: string, folder: string): Promise<void> {
  for (const [, name = '', content = ''] of page.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
