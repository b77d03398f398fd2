import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { SyncFailure } from '../model/failure/failure.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import { failuresPage } from '../operations/docs/failures-page.ts';
import { indexHtml, syncHtml } from '../operations/docs/html.ts';
import { GENERATED, indexMarkdown, syncMarkdown } from '../operations/docs/markdown.ts';
import { pageOf, type SyncPage } from '../operations/docs/page.ts';
import { runbookMarkdown } from '../operations/docs/runbook.ts';
import { writeFileAtomically } from '../platform/foundation/atomic-file.ts';
import { deliveryClassOf } from '../project/delivery.ts';
import { loadProject } from '../project/load.ts';
import { type CliContext, contextOf } from './context.ts';

/** Below the project folder, beside the other things that can be made anew. */
const defaultFolder = join('.syncline', 'docs');

export function docsCommand(): Command {
  return new Command('docs')
    .summary('write a page and a runbook for each sync: every field and its rule, every failure and what to do')
    .description(
      'Writes a page for each sync, as Markdown and as HTML, and an index: where each destination field comes from, ' +
        'by which rule, what happens when it is missing, an example, the fields not used, and what the delivery promises. ' +
        'And a runbook for each: whom to call, what can fail, and what to paste.',
    )
    .option('--out <dir>', `where to write (default: ${defaultFolder} in the project folder)`)
    .addHelpText(
      'after',
      `
Examples:
  syncline docs
  syncline docs --out docs/generated     to keep them with the code
  syncline docs --json | jq -r '.pages[].html'`,
    )
    .action(async (options: { out?: string }, command: Command) => {
      const context = contextOf(command);
      const folder = options.out === undefined ? join(context.projectFolder, defaultFolder) : resolve(options.out);
      await writeDocs(context, folder);
    });
}

async function writeDocs(context: CliContext, folder: string): Promise<void> {
  const project = await loadProject(context.projectFolder, context.env);
  const syncs = [...project.syncs.values()];
  const pages = syncs.map((loaded) => pageOf(loaded, deliveryClassOf(loaded)));
  const files = new Map([...filesOf(pages), ...runbooksOf(pages, syncs)]);
  try {
    for (const kind of ['syncs', 'runbooks']) await mkdir(join(folder, kind), { recursive: true });
    for (const [name, text] of files) await writeFileAtomically(join(folder, name), text);
  } catch (error) {
    throw new SyncFailure('FILE_UNREADABLE', `The pages cannot be written to ${folder}.`, { cause: error });
  }
  const index = join(folder, 'index.html');
  const document = {
    folder,
    index,
    pages: pages.map(({ name }) => ({
      sync: name,
      markdown: join(folder, 'syncs', `${name}.md`),
      html: join(folder, 'syncs', `${name}.html`),
      runbook: join(folder, 'runbooks', `${name}.md`),
    })),
  };
  context.out.result(document, () => {
    for (const page of document.pages) context.out.line(`${context.out.style.name(page.sync)}  ${page.html}`);
    context.out.line(`${files.size} files written. Begin with ${index}`);
  });
}

/** A runbook for each sync, and what each failure means. `syncs` in the order of `pages`. */
function runbooksOf(pages: readonly SyncPage[], syncs: readonly LoadedSync[]): ReadonlyMap<string, string> {
  const runbooks = pages.flatMap((page, index): [string, string][] => {
    const loaded = syncs[index];
    return loaded ? [[join('runbooks', `${page.name}.md`), runbookMarkdown(page, loaded, GENERATED)]] : [];
  });
  return new Map([...runbooks, ['failures.md', failuresPage()]]);
}

/** File name and text of the pages of the syncs. */
export function filesOf(pages: readonly SyncPage[]): ReadonlyMap<string, string> {
  return new Map([
    ...pages.flatMap((page): [string, string][] => [
      [join('syncs', `${page.name}.md`), syncMarkdown(page)],
      [join('syncs', `${page.name}.html`), syncHtml(page)],
    ]),
    ['index.md', indexMarkdown(pages)],
    ['index.html', indexHtml(pages)],
  ]);
}
