import { execFile } from 'node:child_process';
import { renameSync } from 'node:fs';
import {
  chmod,
  chown,
  type FileHandle,
  link,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { openFile } from '../../connectors/files/folder.ts';
import { files } from '../../connectors/files/index.ts';
import { folderFault, writersOf } from '../../connectors/files/trust.ts';
import type { Json } from '../../model/record/json.ts';
import { filesConnection, folderTools, withFolder } from '../support/files-system.ts';
import { describeUnless } from '../support/skip.ts';

const run = promisify(execFile);
const { connector } = files;
const never = new AbortController().signal;

type Settings = { readonly shared?: boolean; readonly links?: 'inside' | 'anywhere' };
const connectionTo = (settings: Settings) => ({
  ...filesConnection(),
  settings: connector.settings.parse({ folder: 'drop', ...settings }),
});

async function recordsOf(project: string, settings: Settings = {}, file = 'in.jsonl'): Promise<Json[]> {
  const options = connector.source.options.parse({ path: file, format: 'jsonl', settleMs: 0 });
  const source = connector.source.open(connectionTo(settings), options, folderTools(project));
  const found: Json[] = [];
  for await (const { records } of source.read({ position: null, since: null, signal: never })) found.push(...records);
  return found;
}

async function writeTo(project: string, settings: Settings = {}, file = 'out.jsonl'): Promise<void> {
  const options = connector.destination.options.parse({ path: file, format: 'jsonl', key: 'id' });
  const destination = connector.destination.open(connectionTo(settings), options, folderTools(project));
  const items = [{ key: 'k', op: 'upsert', json: '{"id":1}', destinationId: null }] as const;
  await destination.write({ id: 'r', fence: { sync: 's', number: 1 }, items, signal: never });
}

/** A project with a folder `drop` for the connection, and a file outside of it. */
const withDrop = (work: (project: string, drop: string) => Promise<void>): Promise<void> =>
  withFolder(async (project) => {
    const drop = path.join(project, 'drop');
    await mkdir(drop, { mode: 0o755 });
    await writeFile(path.join(project, 'outside.jsonl'), '{"secret":true}\n');
    await work(project, drop);
  });

const refused = (words: string) => ({
  code: 'FILE_UNREADABLE',
  effect: 'none',
  message: expect.stringContaining(words),
});

const contentOf = (handle: FileHandle): Promise<string> => handle.readFile('utf8').finally(() => handle.close());

describe('links in the folder', () => {
  test('to files outside are neither read nor written, by name or by pattern', () =>
    withDrop(async (project, drop) => {
      for (const name of ['in.jsonl', 'out.jsonl']) await symlink('../outside.jsonl', path.join(drop, name));
      await expect(recordsOf(project)).rejects.toMatchObject(refused('in.jsonl leads out of the folder'));
      await expect(recordsOf(project, {}, 'i*.jsonl')).rejects.toMatchObject(refused('in.jsonl leads out'));
      await expect(writeTo(project)).rejects.toMatchObject(refused('out.jsonl leads out of the folder'));
      expect(await readFile(path.join(project, 'outside.jsonl'), 'utf8')).toBe('{"secret":true}\n');
      expect((await readdir(project)).sort()).toEqual(['drop', 'outside.jsonl']);
    }));

  test('to folders outside are not gone through', () =>
    withDrop(async (project, drop) => {
      await symlink('..', path.join(drop, 'up'));
      await expect(recordsOf(project, {}, 'up/outside.jsonl')).rejects.toMatchObject(refused('leads out'));
      await expect(recordsOf(project, {}, 'up/*.jsonl')).rejects.toMatchObject(refused('leads out'));
      await expect(writeTo(project, {}, 'up/outside.jsonl')).rejects.toMatchObject(refused('leads out'));
    }));

  test('that stay inside are followed, by pattern too; the folder may be one itself', () =>
    withFolder(async (project) => {
      await mkdir(path.join(project, 'real', 'old'), { recursive: true, mode: 0o755 });
      await symlink('real', path.join(project, 'drop'));
      await writeFile(path.join(project, 'real/old/1.jsonl'), '{"id":1}\n');
      await symlink('old/1.jsonl', path.join(project, 'real/in.jsonl'));
      await symlink('old', path.join(project, 'real/in-old.jsonl'));
      expect(await recordsOf(project)).toEqual([{ id: 1 }]);
      expect(await recordsOf(project, {}, 'in*.jsonl')).toEqual([{ id: 1 }]);
    }));

  test('may lead anywhere where the connection says so', () =>
    withDrop(async (project, drop) => {
      for (const name of ['in.jsonl', 'out.jsonl']) await symlink('../outside.jsonl', path.join(drop, name));
      expect(await recordsOf(project, { links: 'anywhere' })).toEqual([{ secret: true }]);
      await writeFile(path.join(project, 'outside.jsonl'), '');
      await writeTo(project, { links: 'anywhere' });
      expect(await readFile(path.join(project, 'outside.jsonl'), 'utf8')).toBe('{"id":1}\n');
    }));

  test('to nothing are refused, also as a place to write', () =>
    withDrop(async (project, drop) => {
      await symlink('gone.jsonl', path.join(drop, 'out.jsonl'));
      await expect(writeTo(project)).rejects.toMatchObject(refused('does not exist'));
    }));

  test('put in the place of a folder for a moment while it is gone through give nothing from outside', () =>
    withDrop(async (_project, drop) => {
      const at = (name: string) => path.join(drop, name);
      await mkdir(at('sub'), { mode: 0o755 });
      await writeFile(at('sub/outside.jsonl'), 'inside');
      await symlink('..', at('bait'));
      const swap = (from: string, to: string) => {
        renameSync(at('sub'), at(from));
        renameSync(at(to), at('sub'));
      };
      const folder = { path: drop, shared: false, links: 'inside' } as const;
      const turns = fc.nat({ max: 12 });
      await fc.assert(
        fc.asyncProperty(turns, turns, async (before, during) => {
          const opening = openFile(folder, 'sub/outside.jsonl').then(contentOf, () => 'refused');
          for (let turn = 0; turn < before; turn++) await setImmediate();
          swap('aside', 'bait');
          for (let turn = 0; turn < during; turn++) await setImmediate();
          swap('bait', 'aside');
          expect(['inside', 'refused']).toContain(await opening);
        }),
        { numRuns: 3_000 },
      );
    }));
});

describe('what is no regular file', () => {
  test('is named at once, and never waited for or replaced', () =>
    withDrop(async (project, drop) => {
      const socket = createServer();
      await new Promise<void>((resolve) => socket.listen(path.join(drop, 'socket.jsonl'), resolve));
      await run('mkfifo', [path.join(drop, 'pipe.jsonl')]);
      await symlink('pipe.jsonl', path.join(drop, 'linked.jsonl'));
      await mkdir(path.join(drop, 'folder.jsonl'));
      try {
        for (const name of ['pipe', 'socket', 'linked', 'folder']) {
          const words = refused(name === 'folder' ? 'is a folder' : 'is no regular file');
          await expect(recordsOf(project, {}, `${name}.jsonl`)).rejects.toMatchObject(words);
          await expect(writeTo(project, {}, `${name}.jsonl`)).rejects.toMatchObject(words);
        }
        await expect(recordsOf(project, {}, 'p*.jsonl')).rejects.toMatchObject(
          refused('pipe.jsonl is no regular file'),
        );
        expect((await stat(path.join(drop, 'pipe.jsonl'))).isFIFO()).toBe(true);
      } finally {
        await new Promise((resolve) => socket.close(resolve));
      }
    }));

  test('is not opened in the place of what lies beside a destination either', () =>
    withDrop(async (project, drop) => {
      await run('mkfifo', [path.join(drop, '.out.jsonl.fence')]);
      await expect(writeTo(project)).rejects.toMatchObject(refused('.fence is no regular file'));
      await symlink('../../outside.jsonl', path.join(drop, '.new.jsonl.fence'));
      await expect(writeTo(project, {}, 'new.jsonl')).rejects.toMatchObject(refused('.fence'));
    }));
});

test('the name under which new content is written cannot be foreseen: a link waiting there is not written through', () =>
  withDrop(async (project, drop) => {
    await symlink('../outside.jsonl', path.join(drop, '.out.jsonl.new'));
    await writeTo(project);
    expect(await readFile(path.join(project, 'outside.jsonl'), 'utf8')).toBe('{"secret":true}\n');
    expect(await readFile(path.join(drop, 'out.jsonl'), 'utf8')).toBe('{"id":1}\n');
  }));

test.each([
  ['nobody', { uid: 5, mode: 0o40755 }, 5],
  ['nobody', { uid: 0, mode: 0o40755 }, 5],
  ['group', { uid: 5, mode: 0o40775 }, 5],
  ['others', { uid: 5, mode: 0o41777 }, 5],
  ['others', { uid: 6, mode: 0o40700 }, 5],
  ['others', { uid: 6, mode: 0o40700 }, 0],
  ['nobody', { uid: 0, mode: 0o40777 }, undefined],
] as const)('%s can put files into a folder of %o, seen by user %p', (writers, folder, user) => {
  expect(writersOf(folder, user)).toBe(writers);
});

test.each([
  ['nobody', {}, undefined],
  ['group', {}, undefined],
  ['others', {}, 'shared: true'],
  ['others', { shared: true }, undefined],
  ['nobody', { links: 'anywhere' }, undefined],
  ['group', { links: 'anywhere' }, 'links: anywhere'],
] as const)('a folder that %s can write, with %j', (writers, settings, fault) => {
  const found = folderFault(writers, { shared: false, links: 'inside', ...settings });
  if (fault === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(fault);
});

test('a shared folder whose links lead anywhere is no configuration', () => {
  const settings = { folder: '.', shared: true, links: 'anywhere' };
  expect(connector.settings.safeParse(settings).error?.issues).toMatchObject([{ path: ['links'] }]);
});

test('a folder that everyone may write is refused unless it is said to be shared, and its hard links in any case', () =>
  withDrop(async (project, drop) => {
    await writeFile(path.join(drop, 'in.jsonl'), '{"id":1}\n');
    await chmod(drop, 0o1777);
    const fault = refused('say `shared: true`');
    await expect(recordsOf(project)).rejects.toMatchObject(fault);
    await expect(writeTo(project)).rejects.toMatchObject(fault);
    await expect(connector.check(connectionTo({}), folderTools(project), never)).rejects.toMatchObject(fault);
    expect(await recordsOf(project, { shared: true })).toEqual([{ id: 1 }]);
    await writeTo(project, { shared: true });
    await link(path.join(project, 'outside.jsonl'), path.join(drop, 'hard.jsonl'));
    await expect(recordsOf(project, { shared: true }, 'hard.jsonl')).rejects.toMatchObject(refused('hard link'));
    await expect(writeTo(project, { shared: true }, 'hard.jsonl')).rejects.toMatchObject(refused('hard link'));
    await chmod(drop, 0o755);
    expect(await recordsOf(project, {}, 'hard.jsonl')).toEqual([{ secret: true }]);
  }));

const whyNotRoot = process.getuid?.() === 0 ? null : 'only root can give a folder to another user';
describeUnless(whyNotRoot, 'a folder of another user', () => {
  test('is refused unless it is said to be shared, below that of the connection too', () =>
    withDrop(async (project, drop) => {
      await mkdir(path.join(drop, 'in'));
      await writeFile(path.join(drop, 'in/1.jsonl'), '{"id":1}\n');
      await chown(path.join(drop, 'in'), 12_345, 12_345);
      await expect(recordsOf(project, {}, 'in/*.jsonl')).rejects.toMatchObject(refused('belongs to another user'));
      expect(await recordsOf(project, { shared: true }, 'in/*.jsonl')).toEqual([{ id: 1 }]);
    }));
});
