import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { SyncFailure } from '../model/failure.ts';
import { deliveryClassOf } from '../platform/project/delivery.ts';
import { loadProject } from '../platform/project/load.ts';
import { type CliContext, contextOf } from './context.ts';
import { indexHtml, syncHtml } from './docs/html.ts';
import { indexMarkdown, syncMarkdown } from './docs/markdown.ts';
import { pageOf, type SyncPage } from './docs/page.ts';

/** Below the project folder, beside the other things that can be made anew. */
const defaultFolder = join('.syncline', 'docs');

export function docsCommand(): Command {
  return new Command('docs')
    .summary('write a page for each sync: every field, its rule, an example')
    .description(
      'Writes a page for each sync, as Markdown and as HTML, and an index: where each destination field comes from, ' +
        'by which rule, what happens when it is missing, an example, the fields not used, and what the delivery promises.',
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
  const pages = [...project.syncs.values()].map((loaded) => pageOf(loaded, deliveryClassOf(loaded)));
  const files = filesOf(pages);
  try {
    await mkdir(join(folder, 'syncs'), { recursive: true });
    for (const [name, text] of files) await writeFile(join(folder, name), text);
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
    })),
  };
  context.out.result(document, () => {
    for (const page of document.pages) context.out.line(`${context.out.style.name(page.sync)}  ${page.html}`);
    context.out.line(`${files.size} files written. Begin with ${index}`);
  });
}

/** File name and text of everything that is written. */
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
