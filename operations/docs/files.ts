import { join } from 'node:path';
import type { LoadedSync } from '../../model/sync/project.ts';
import { failuresPage } from './failures-page.ts';
import { indexHtml, syncHtml } from './html.ts';
import { indexMarkdown, syncMarkdown } from './markdown.ts';
import type { SyncPage } from './page.ts';
import { runbookMarkdown } from './runbook.ts';

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

/** A runbook for each sync, and what each failure means. `syncs` in the order of `pages`. */
export function runbooksOf(pages: readonly SyncPage[], syncs: readonly LoadedSync[]): ReadonlyMap<string, string> {
  const runbooks = pages.flatMap((page, index): [string, string][] => {
    const loaded = syncs[index];
    return loaded ? [[join('runbooks', `${page.name}.md`), runbookMarkdown(page, loaded)]] : [];
  });
  return new Map([...runbooks, ['failures.md', failuresPage()]]);
}
