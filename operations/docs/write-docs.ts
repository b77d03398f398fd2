import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode } from '../../model/failure/error-code.ts';
import { isSyncFailure, refusal, SyncFailure } from '../../model/failure/failure.ts';
import { writeFileAtomically } from '../../platform/foundation/atomic-file.ts';
import { stateFolderOf } from '../../platform/foundation/state-folder.ts';
import { deliveryClassOf } from '../../project/delivery.ts';
import { loadProject } from '../../project/load.ts';
import type { OperationContext } from '../context.ts';
import { operation } from '../operation.ts';
import { filesOf, runbooksOf } from './files.ts';
import { isGenerated } from './generated.ts';
import { pageOf } from './page.ts';

/** The addresses of what was written for a sync. */
const page = z.object({ sync: z.string(), markdown: z.string(), html: z.string(), runbook: z.string() });

/**
 * Writes a page and a runbook for each sync, an index, and what each failure means. `folder`, absolute; null: beside the
 * other things of the project that can be made anew. Throws PROJECT_INVALID, FILE_NOT_OURS where it would write over a
 * file that is no such page, before it has written any, and FILE_UNREADABLE where it cannot write.
 */
export const writeDocs = operation({
  name: 'docs.write',
  effect: 'acts',
  input: z.object({ folder: z.string().nullable() }),
  document: z.object({
    folder: z.string(),
    index: z.string(),
    pages: z.array(page).readonly(),
    /** How many files were written. */
    files: z.number(),
  }),
  target: () => null,
  async work({ projectFolder, env }: OperationContext, { folder: wanted }) {
    const folder = wanted ?? join(stateFolderOf(projectFolder), 'docs');
    const syncs = [...(await loadProject(projectFolder, env)).syncs.values()];
    const pages = syncs.map((loaded) => pageOf(loaded, deliveryClassOf(loaded)));
    const files = new Map([...filesOf(pages), ...runbooksOf(pages, syncs)]);
    await write(folder, files);
    return {
      folder,
      index: join(folder, 'index.html'),
      pages: pages.map(({ name }) => ({
        sync: name,
        markdown: join(folder, 'syncs', `${name}.md`),
        html: join(folder, 'syncs', `${name}.html`),
        runbook: join(folder, 'runbooks', `${name}.md`),
      })),
      files: files.size,
    };
  },
});

async function write(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  try {
    for (const name of files.keys()) await refuseForeign(join(folder, name));
    for (const kind of ['syncs', 'runbooks']) await mkdir(join(folder, kind), { recursive: true });
    for (const [name, text] of files) await writeFileAtomically(join(folder, name), text);
  } catch (error) {
    if (isSyncFailure(error)) throw error;
    throw new SyncFailure('FILE_UNREADABLE', `The pages cannot be written to ${folder}.`, { cause: error });
  }
}

/** Names as `index.html` are anybody's: in a folder of something else they stand for other things. */
async function refuseForeign(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return null;
    throw error;
  });
  if (text !== null && !isGenerated(text))
    throw refusal('FILE_NOT_OURS', `${file} is no page that \`syncline docs\` wrote; nothing was written`);
}
