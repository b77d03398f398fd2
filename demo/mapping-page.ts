import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { filesOf } from '../operations/docs/files.ts';
import { pageOf } from '../operations/docs/page.ts';
import { stateFolderOf } from '../platform/foundation/state-folder.ts';
import { deliveryClassOf } from '../project/delivery.ts';
import { loadProject } from '../project/load.ts';

/** Writes the pages that `syncline docs` writes, into `.syncline/docs` of the user's folder. Answers the one of `sync`. */
export async function writeMappingPage(options: {
  readonly packageFolder: string;
  readonly projectFolder: string;
  readonly sync: string;
  readonly env: NodeJS.ProcessEnv;
}): Promise<string> {
  const project = await loadProject(options.packageFolder, options.env);
  const pages = [...project.syncs.values()].map((loaded) => pageOf(loaded, deliveryClassOf(loaded)));
  const folder = path.join(stateFolderOf(options.projectFolder), 'docs');
  await mkdir(path.join(folder, 'syncs'), { recursive: true });
  for (const [name, text] of filesOf(pages)) await writeFile(path.join(folder, name), text);
  return path.join(folder, 'syncs', `${options.sync}.html`);
}
