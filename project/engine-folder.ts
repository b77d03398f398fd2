import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The folder of the engine's modules: the source, or dist/ once built. */
export const engineModules = dirname(here);

/** The folder of the engine's package. */
export const enginePackage = isPackage(engineModules) ? engineModules : dirname(engineModules);

function isPackage(folder: string): boolean {
  const file = join(folder, 'package.json');
  return existsSync(file) && readFileSync(file, 'utf8').includes('"name": "syncline"');
}
