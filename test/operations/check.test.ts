import { check } from '../../operations/check/check.ts';
import { lookingContext } from '../support/looking-context.ts';
import { paperConnections, paperProject, withProject } from '../support/temp-project.ts';

const files = paperProject({
  'connections.yaml': `${paperConnections}  owner: accounting\n  password: { env: BOOKS_PASSWORD }\n`,
});

test('a project is a document: its systems with their secrets, its syncs with their promise, and no value of a secret', () =>
  withProject(files, async (folder) => {
    const document = await check.perform(lookingContext(folder), { live: false });
    expect(check.document.parse(document)).toEqual(document);
    expect(document).toMatchObject({
      ok: true,
      connections: [{ name: 'shop' }, { name: 'books', owner: 'accounting', secrets: [{ state: 'missing' }] }],
      syncs: [{ name: 'orders', delivery: { class: 'T3' } }],
    });
    expect(document).not.toHaveProperty('live');
  }));

test('systems are called only on behalf of files without errors', () =>
  withProject(files, async (folder) => {
    const { live, ...document } = await check.perform(lookingContext(folder), { live: true });
    expect(check.document.parse({ ...document, live })).toEqual({ ...document, live });
    expect(live?.connections.map(({ problem }) => problem?.message)).toEqual(Array(2).fill('Error: not to be called'));
    const nowhere = await check.perform(lookingContext(`${folder}/nowhere`), { live: true });
    expect(check.document.parse(nowhere)).toEqual(nowhere);
    expect(nowhere).toMatchObject({ ok: false, problems: [{ code: 'PROJECT_MISSING' }] });
    expect(nowhere).not.toHaveProperty('live');
  }));
