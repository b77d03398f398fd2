import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { pointerName } from './postgres-place.ts';

/**
 * Removes the folder of a project that was made for a while, and the data of its embedded PostgreSQL where that lies
 * elsewhere, as it does for root (`postgres-place.ts`). Nothing there is no error.
 */
export async function removeProject(folder: string): Promise<void> {
  const pointer = path.join(folder, '.syncline', 'postgres', pointerName);
  const elsewhere = (await readFile(pointer, 'utf8').catch(() => '')).trim();
  for (const each of [elsewhere, folder])
    if (each !== '') await rm(each, { recursive: true, force: true, maxRetries: 5 });
}
