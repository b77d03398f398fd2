import { readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatProblem, type Problem } from '../../model/text/problem.ts';
import { lastEditMs, projectFingerprint } from '../../project/fingerprint.ts';
import { checkProject, loadProject } from '../../project/load.ts';
import {
  type ProjectFiles,
  paperConnector,
  paperMapping,
  paperProject,
  paperSync,
  withProject,
} from '../support/temp-project.ts';

const check = (files: ProjectFiles): Promise<readonly Problem[]> =>
  withProject(paperProject(files), async (folder) => (await checkProject(folder, {})).problems);

const sync = (from: string, to: string): ProjectFiles => ({ 'syncs/orders.ts': paperSync.replace(from, to) });
const mapping = (from: string, to: string): ProjectFiles => ({
  'mappings/order-to-invoice.ts': paperMapping.replace(from, to),
});

interface BadCode {
  readonly what: string;
  readonly files: ProjectFiles;
  /** `CODE file:line:column` of each error. */
  readonly expected: readonly string[];
  readonly says?: string;
  readonly hides?: string;
}

const badCode: readonly BadCode[] = [
  {
    what: 'a syntax error',
    files: sync("key: 'id',", 'key: : 1,'),
    expected: ['CODE_SYNTAX syncs/orders.ts:8:8'],
    says: 'Unexpected token',
  },
  {
    what: 'a syntax error in a mapping, once, however many import it',
    files: { ...mapping('=> ({ order', '=> ({{ order'), 'syncs/two.ts': paperSync },
    expected: ['CODE_SYNTAX mappings/order-to-invoice.ts:7:64'],
  },
  {
    what: 'a file that throws',
    files: sync('export default', "const stop = () => { throw new Error('out of ink'); };\nstop();\nexport default"),
    expected: ['CODE_THREW syncs/orders.ts:6:27'],
    says: 'out of ink',
  },
  {
    what: 'a file that throws no Error',
    files: sync('export default', "throw 'just text';\nexport default"),
    expected: ['CODE_THREW syncs/orders.ts'],
    says: 'it threw a text',
  },
  {
    what: 'a file that throws a secret',
    files: sync('export default', "throw new Error('refused sk_live_4242secret');\nexport default"),
    expected: ['CODE_THREW syncs/orders.ts:6:7'],
    says: '[redacted]',
    hides: '4242',
  },
  {
    what: 'an import of a file that is not there',
    files: sync('../mappings/order-to-invoice.ts', '../mappings/order-to-invoces.ts'),
    expected: ['IMPORT_MISSING syncs/orders.ts:4:32'],
    says: 'Did you mean `../mappings/order-to-invoice.ts`?',
  },
  {
    what: 'an import of a package that is not there',
    files: sync('../connectors/paper.ts', 'paper-tools'),
    expected: ['IMPORT_MISSING syncs/orders.ts:3:19'],
    says: 'npm install paper-tools',
  },
  {
    what: 'a name that the engine does not export',
    files: { 'syncs/orders.ts': paperSync.replaceAll('defineSync', 'defineSink') },
    expected: ['IMPORT_MISSING syncs/orders.ts:6:26'],
    says: "'syncline' does not export `defineSink`. Did you mean `defineSync`?",
  },
  {
    what: 'no default export',
    files: sync('export default', 'export const orders ='),
    expected: ['EXPORT_MISSING syncs/orders.ts'],
    says: 'export default defineSync',
  },
  {
    what: 'a default export that is no sync',
    files: { 'syncs/orders.ts': 'export default 7;\n' },
    expected: ['VALUE_INVALID syncs/orders.ts'],
    says: 'expected a map of keys, found `7`',
  },
  {
    what: 'an unknown key of a sync',
    files: sync("key: 'id',", "key: 'id',\n  shedule: '1 hour',\n  modus: 'full',"),
    expected: ['KEY_UNKNOWN syncs/orders.ts:9:3', 'KEY_UNKNOWN syncs/orders.ts:10:3'],
    says: '`modus` is not a key that is read here',
  },
  {
    what: 'everything that is wrong with a sync at once',
    files: sync(
      "  key: 'id',",
      "  key: 'idd',\n  mode: 'incrementl' as never,\n  overlap: '5',\n  policy: { batchRecords: 0 },",
    ),
    expected: [
      'FIELD_UNKNOWN syncs/orders.ts:8:8',
      'VALUE_INVALID syncs/orders.ts:9:3',
      'VALUE_INVALID syncs/orders.ts:10:3',
      'VALUE_INVALID syncs/orders.ts:11:13',
    ],
    says: 'Did you mean `incremental`?',
  },
  {
    what: 'an unknown connection',
    files: sync("source('shop'", "source('shpo'"),
    expected: ['CONNECTION_UNKNOWN syncs/orders.ts:7:24'],
    says: 'Did you mean `shop`?',
  },
  {
    what: 'a connection of another kind',
    files: {
      'connections.yaml':
        'shop: { kind: postgres, url: "postgresql://a@b.test/c" }\nbooks: { kind: paper, url: "https://books.test" }\n',
    },
    expected: ['KIND_MISMATCH syncs/orders.ts:7:24'],
    says: 'is of kind `postgres`, and is used through `paper`',
  },
  {
    what: 'an unknown option',
    files: sync("sheet: 'orders'", "sheet: 'orders', ordr: 'ascending'"),
    expected: ['KEY_UNKNOWN syncs/orders.ts:7:51'],
    says: 'Did you mean `order`?',
  },
  {
    what: 'an option with a value that is not allowed',
    files: sync("sheet: 'orders'", "sheet: 'orders', order: 'ascendin' as never"),
    expected: ['VALUE_INVALID syncs/orders.ts:7:51'],
    says: 'expected one of `ascending`, `descending`, found the text `ascendin`. Did you mean `ascending`',
  },
  {
    what: 'a missing option',
    files: sync("{ sheet: 'invoices' }", '{} as never'),
    expected: ['KEY_REQUIRED syncs/orders.ts:10:3'],
    says: 'destination: `sheet` is missing: expected text',
  },
  {
    what: 'an option out of range',
    files: sync("sheet: 'invoices'", "sheet: 'invoices', copies: 10"),
    expected: ['VALUE_INVALID syncs/orders.ts:10:64'],
    says: 'a whole number from 1 to 9, found `10`',
  },
  {
    what: 'a secret in an option',
    files: sync("sheet: 'orders'", "sheet: 'orders', headers: { authorization: 'opensesame' }"),
    expected: ['SECRET_IN_CLEAR syncs/orders.ts:7:62'],
    hides: 'opensesame',
  },
  {
    what: 'a key that is a list',
    files: sync("key: 'id'", "key: ['id', 'lines']"),
    expected: ['FIELD_TYPE syncs/orders.ts:8:15'],
    says: 'the key `lines` is a list',
  },
  {
    what: 'a key below a field that has none',
    files: sync("key: 'id'", "key: '/id/number'"),
    expected: ['FIELD_UNKNOWN syncs/orders.ts:8:8'],
  },
  {
    what: 'a version that is true or false',
    files: sync("key: 'id'", "key: 'id', version: 'paid'"),
    expected: ['FIELD_TYPE syncs/orders.ts:8:23'],
    says: 'the version `paid` is true or false',
  },
  {
    what: 'incremental from a source that cannot',
    files: sync("key: 'id'", "key: 'id', version: 'changed', mode: 'incremental'"),
    expected: ['MODE_REFUSED syncs/orders.ts:8:34'],
    says: 'the source `shop` cannot ask for changes only',
  },
  {
    what: 'incremental without a version',
    files: {
      'syncs/orders.ts': paperSync
        .replace("sheet: 'orders'", "sheet: 'orders', since: 'changed'")
        .replace("key: 'id'", "key: 'id', mode: 'incremental'"),
    },
    expected: ['MODE_REFUSED syncs/orders.ts:8:14'],
    says: 'the sync has no `version` field',
  },
  {
    what: 'a mapping without a required field',
    files: mapping('z.object({ order: z.string() })', 'z.object({ order: z.string(), due: z.string() })'),
    expected: ['FIELD_UNMAPPED mappings/order-to-invoice.ts:7:14'],
    says: '`due`',
  },
  {
    what: 'a mapping that no sync uses',
    files: {
      'mappings/spare.ts': paperMapping.replace(
        'z.object({ order: z.string() })',
        'z.object({ order: z.string(), due: z.string() })',
      ),
    },
    expected: ['FIELD_UNMAPPED mappings/spare.ts:7:14'],
  },
  {
    what: 'a file name that no sync can have',
    files: { 'syncs/My Orders.ts': paperSync },
    expected: ['NAME_INVALID syncs/My Orders.ts'],
    says: '1 to 64 of a-z, 0-9 and `-`',
  },
  {
    what: 'a file name of 300 letters, as far as the file system takes it',
    files: { [`syncs/${'o'.repeat(200)}.ts`]: paperSync },
    expected: [`NAME_INVALID syncs/${'o'.repeat(200)}.ts`],
  },
  {
    what: 'a connector whose kind is not its file’s name',
    files: { 'connectors/papyrus.ts': paperConnector },
    expected: ['CONNECTOR_INVALID connectors/papyrus.ts'],
    says: 'expected the name of its file, `papyrus`',
  },
  {
    what: 'a connector that is none',
    files: { 'connectors/stone.ts': 'export default { kind: "stone" };\n' },
    expected: ['CONNECTOR_INVALID connectors/stone.ts'],
  },
  {
    what: 'a connector with the name of one of the engine',
    files: { 'connectors/postgres.ts': paperConnector.replace("'paper'", "'postgres'") },
    expected: ['NAME_TAKEN connectors/postgres.ts'],
  },
  {
    what: 'a file in UTF-16',
    files: { 'syncs/orders.ts': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(paperSync, 'utf16le')]) },
    expected: ['FILE_ENCODING syncs/orders.ts'],
    says: 'UTF-16',
  },
  {
    what: 'a file in Latin-1',
    files: { 'syncs/orders.ts': Buffer.from(`// one\n// café\n${paperSync}`, 'latin1') },
    expected: ['FILE_ENCODING syncs/orders.ts:2'],
  },
  {
    what: 'a huge file',
    files: { 'syncs/orders.ts': `${paperSync}//${'x'.repeat(5_000_000)}` },
    expected: ['FILE_TOO_LARGE syncs/orders.ts'],
  },
  {
    what: 'a folder with the name of a file',
    files: { 'syncs/folder.ts/x': '' },
    expected: ['FILE_UNREADABLE syncs/folder.ts'],
    says: 'it is a folder',
  },
];

describe('the code of a project', () => {
  test.each(badCode)('$what is told with its place', async ({ files, expected, says, hides }) => {
    const problems = await check(files);
    const errors = problems.filter(({ severity }) => severity === 'error');
    const places = errors.map(formatProblem).map((text) => text.split(' — ')[0]);
    expect(places).toEqual(expected);
    if (says !== undefined) expect(errors.map(({ message, next }) => `${message} ${next}`).join('\n')).toContain(says);
    if (hides !== undefined) expect(JSON.stringify(problems)).not.toContain(hides);
  });

  test('a blind destination and a short overlap are warnings', async () => {
    const problems = await check({
      'syncs/orders.ts': paperSync
        .replace("sheet: 'orders'", "sheet: 'orders', since: 'changed'")
        .replace("key: 'id'", "key: 'id', version: 'changed', overlap: '1 second'")
        .replace("sheet: 'invoices'", "sheet: 'invoices', blind: true"),
    });
    expect(problems.map(({ severity, code, line }) => `${severity} ${code} ${line}`)).toEqual([
      'warning OVERLAP_RISK 8',
      'warning DELIVERY_BLIND 10',
    ]);
  });

  test('counted pages that are read incrementally are a warning that says what makes up for them', async () => {
    const counted = paperConnector.replace('ordered: true', 'ordered: true, countedPages: true');
    const incremental = paperSync
      .replace("sheet: 'orders'", "sheet: 'orders', since: 'changed'")
      .replace("key: 'id'", "key: 'id', version: 'changed'");
    const problems = await check({ 'connectors/paper.ts': counted, 'syncs/orders.ts': incremental });
    expect(problems).toMatchObject([
      { severity: 'warning', code: 'PAGES_COUNTED', next: expect.stringContaining('syncline run orders --full') },
    ]);
    expect(await check({ 'connectors/paper.ts': counted })).toEqual([]);
  });

  test('numbers of which nobody says what they count have no time from which an overlap could be taken', async () => {
    const risks = async (schema: string, overlap: string) => {
      const problems = await check({
        'syncs/orders.ts': paperSync
          .replace("sheet: 'orders'", "sheet: 'orders', since: 'changed'")
          .replace("key: 'id'", `key: 'id', version: 'changed', overlap: '${overlap}'`),
        'mappings/order-to-invoice.ts': paperMapping.replace('changed: z.string()', `changed: ${schema}`),
      });
      return problems.flatMap(({ code, message }) => (code === 'OVERLAP_RISK' ? [message] : []));
    };
    expect(await risks('z.number()', '5 minutes')).toEqual([
      expect.stringContaining('what the numbers in `changed` count'),
    ]);
    expect(await risks('z.string()', '5 minutes')).toEqual([]);
  });

  test('links inside the folder are followed, links out of it and in a circle are refused', async () => {
    await withProject(
      paperProject({ 'parts/late.ts': paperSync.replace("sheet: 'invoices'", "sheet: 'late'") }),
      async (folder) => {
        await symlink('../parts/late.ts', join(folder, 'syncs/late.ts'));
        await symlink('/etc/hostname', join(folder, 'syncs/outside.ts'));
        await symlink('round.ts', join(folder, 'syncs/round.ts'));
        const { project, problems } = await checkProject(folder, {});
        expect([...(project?.syncs.keys() ?? [])]).toEqual(['late', 'orders']);
        expect(problems.map(({ code, file, message }) => [code, file, message])).toEqual([
          ['FILE_UNREADABLE', 'syncs/outside.ts', expect.stringContaining('leads out of the project folder')],
          ['FILE_UNREADABLE', 'syncs/round.ts', expect.stringContaining('leads in a circle')],
        ]);
      },
    );
  });

  test('a folder that is missing, is a file, or has no inventory says so', async () => {
    await withProject({ 'connection.yml': '' }, async (folder) => {
      const messages = await Promise.all(
        [join(folder, 'nowhere'), join(folder, 'connection.yml'), folder].map(async (path) => {
          const { problems } = await checkProject(path, {});
          return problems.map(formatProblem).join('\n');
        }),
      );
      expect(messages).toEqual([
        expect.stringMatching(/^PROJECT_MISSING .*nowhere: it does not exist/),
        expect.stringMatching(/^PROJECT_MISSING .*is a file; expected a folder/),
        expect.stringMatching(/^PROJECT_MISSING .*does not exist\. Is it `connection\.yml`\?/),
      ]);
    });
  });

  test('one sound sync stays when another is broken', async () => {
    await withProject(paperProject({ 'syncs/broken.ts': 'export default ' }), async (folder) => {
      const { project } = await checkProject(folder, {});
      expect([...(project?.syncs.keys() ?? [])]).toEqual(['orders']);
    });
  });

  test('a changed file is read anew, and its fingerprint differs', async () => {
    await withProject(paperProject(), async (folder) => {
      const before = await loadProject(folder, {});
      const fingerprint = await projectFingerprint(folder);
      expect(await projectFingerprint(folder)).toBe(fingerprint);
      const changed = paperMapping
        .replace('({ order: order.id })', '({ order: order.changed })')
        .replace("'changed'", "'id'");
      await writeFile(join(folder, 'mappings/order-to-invoice.ts'), changed);
      const after = await loadProject(folder, {});
      expect(await projectFingerprint(folder)).not.toBe(fingerprint);
      expect(after.syncs.get('orders')?.sync.mapping.run({ id: 'a', changed: 'b' })).toEqual({
        state: 'mapped',
        record: { order: 'b' },
      });
      expect(after.syncs.get('orders')?.version).not.toBe(before.syncs.get('orders')?.version);
    });
  });

  test('the last edit of a project is that of its newest file, wherever it lies, and of no other', async () => {
    await withProject(
      { ...paperProject(), 'mappings/deep/one.ts': '', 'notes.txt': '', '.git/config.json': '' },
      async (folder) => {
        const at = (file: string, seconds: number) => utimes(join(folder, file), seconds, seconds);
        const files = await readdir(folder, { recursive: true, withFileTypes: true });
        for (const file of files) if (file.isFile()) await utimes(join(file.parentPath, file.name), 1, 1);
        await Promise.all([at('notes.txt', 9), at('.git/config.json', 9), at('mappings/deep/one.ts', 5)]);
        expect(await lastEditMs(folder)).toBe(5000);
        expect(await lastEditMs(join(folder, 'nowhere'))).toBe(0);
      },
    );
  });

  test('the version of a sync changes with what it does, and with nothing else', async () => {
    const versionOf = (text: string): Promise<string | undefined> =>
      withProject(
        paperProject({ 'syncs/orders.ts': text }),
        async (folder) => (await loadProject(folder, {})).syncs.get('orders')?.version,
      );
    const plain = await versionOf(paperSync);
    expect(await versionOf(`// a comment\n${paperSync}`)).toBe(plain);
    expect(await versionOf(paperSync.replace("sheet: 'orders'", "sheet: 'other'"))).not.toBe(plain);
    expect(await versionOf(paperSync.replace("key: 'id',", "key: 'id', policy: { batchRecords: 10 },"))).not.toBe(
      plain,
    );
  });

  test('mode and overlap follow from what source and sync can do', async () => {
    const incremental = paperSync
      .replace("sheet: 'orders'", "sheet: 'orders', since: 'changed'")
      .replace("key: 'id'", "key: 'id', version: 'changed'");
    await withProject(paperProject({ 'syncs/changes.ts': incremental }), async (folder) => {
      const { syncs } = await loadProject(folder, {});
      expect(syncs.get('orders')).toMatchObject({ mode: 'full', overlapMs: 300_000 });
      expect(syncs.get('changes')).toMatchObject({ mode: 'incremental', overlapMs: 300_000, file: 'syncs/changes.ts' });
    });
  });
});
