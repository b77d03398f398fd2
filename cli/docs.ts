import { resolve } from 'node:path';
import { Command } from 'commander';
import { writeDocs } from '../operations/docs/write-docs.ts';
import { contextOf } from './context.ts';

export function docsCommand(): Command {
  return new Command('docs')
    .summary('write a page and a runbook for each sync: every field and its rule, every failure and what to do')
    .description(
      'Writes a page for each sync, as Markdown and as HTML, and an index: where each destination field comes from, ' +
        'by which rule, what happens when it is missing, an example, the fields not used, and what the delivery promises. ' +
        'And a runbook for each: whom to call, what can fail, and what to paste.',
    )
    .option('--out <dir>', 'where to write (default: .syncline/docs in the project folder)')
    .addHelpText(
      'after',
      `
Examples:
  syncline docs
  syncline docs --out docs/generated     to keep them with the code
  syncline docs --json | jq -r '.pages[].html'`,
    )
    .action(async ({ out: folder }: { out?: string }, command: Command) => {
      const context = contextOf(command);
      const { out } = context;
      const input = { folder: folder === undefined ? null : resolve(folder) };
      const { files, ...document } = await writeDocs.perform(context, input);
      out.result(document, () => {
        for (const page of document.pages) out.line(`${out.style.name(page.sync)}  ${page.html}`);
        out.line(`${files} files written. Begin with ${document.index}`);
      });
    });
}
