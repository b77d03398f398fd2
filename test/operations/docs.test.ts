import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeDocs } from '../../operations/docs/write-docs.ts';
import { lookingContext } from '../support/looking-context.ts';
import { paperProject, withProject } from '../support/temp-project.ts';

test('pages and runbooks are written to where one asks, and their addresses answered', () =>
  withProject(paperProject(), async (folder) => {
    const document = await writeDocs.perform(lookingContext(folder), { folder: path.join(folder, 'pages') });
    expect(writeDocs.document.parse(document)).toEqual(document);
    expect(document).toMatchObject({ folder: path.join(folder, 'pages'), files: 6, pages: [{ sync: 'orders' }] });
    for (const { markdown, html, runbook } of document.pages)
      for (const file of [document.index, markdown, html, runbook])
        expect(await readFile(file, 'utf8')).toMatch(/orders/);
  }));

test('pages are written beside the state of the project by default, and not where a file is in the way', () =>
  withProject(paperProject(), async (folder) => {
    const context = lookingContext(folder);
    expect((await writeDocs.perform(context, { folder: null })).folder).toBe(path.join(folder, '.syncline', 'docs'));
    await expect(writeDocs.perform(context, { folder: path.join(folder, 'connections.yaml') })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
    await expect(writeDocs.perform(lookingContext(`${folder}/no`), { folder: null })).rejects.toMatchObject({
      code: 'PROJECT_INVALID',
    });
  }));

test('pages are written over older pages, and never over a file that is none', () =>
  withProject(paperProject(), async (folder) => {
    const context = lookingContext(folder);
    const pages = path.join(folder, 'pages');
    const document = await writeDocs.perform(context, { folder: pages });
    expect(await writeDocs.perform(context, { folder: pages })).toEqual(document);
    const site = path.join(folder, 'site');
    await mkdir(site);
    for (const name of ['index.html', 'failures.md']) {
      const own = path.join(site, name);
      await writeFile(own, 'Welcome');
      await expect(writeDocs.perform(context, { folder: site })).rejects.toMatchObject({
        code: 'FILE_NOT_OURS',
        message: expect.stringContaining(own),
      });
      expect(await readFile(own, 'utf8')).toBe('Welcome');
      expect(await readdir(site)).toEqual([name]);
      await rm(own);
    }
  }));
