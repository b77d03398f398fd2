import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openLedger } from '../../platform/ledger/ledger.ts';
import { syncline } from '../support/command-line.ts';
import { withDatabase } from '../support/database.ts';
import { withProject } from '../support/temp-project.ts';

const lines = (...records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

const files = {
  'connections.yaml': 'exchange:\n  kind: files\n  folder: exchange\n',
  'exchange/in.jsonl': lines(
    { id: 'a', name: 'Ann' },
    { id: 'b', name: '\u001b[2J\u202egone', colour: 'red' },
    { id: 'c\u001b[2J', name: 7 },
  ),
  'mappings/item.ts': `
import { map } from 'syncline';
import { z } from 'zod';
const Item = z.object({ id: z.string(), name: z.string() });
export const item = map(Item, Item, (one) => ({ id: one.id, name: one.name }));
`,
  'syncs/items.ts': `
import { defineSync } from 'syncline';
import files from 'syncline/connectors/files';
import { item } from '../../mappings/item.ts';
export default defineSync({
  source: files.source('exchange', { path: 'in.jsonl', format: 'jsonl' }),
  key: 'id',
  mapping: item,
  destination: files.destination('exchange', { path: 'out.jsonl', format: 'jsonl', key: 'id' }),
});
`,
};

test('plan shows what would be done, safely; a plan that no longer holds is refused before anything is started', async () => {
  await withProject(files, (folder) =>
    withDatabase(async (database) => {
      const cli = (...args: string[]) => syncline([...args, '--project', folder], database);
      const lookedAt = await cli('plan', 'items');
      expect(lookedAt).toMatchObject({ code: 0 });
      expect(lookedAt.stdout).toMatch(/FETCHED +CREATE[^\n]*\n3 +2 /);
      expect(lookedAt.stdout).toContain('\\u202egone');
      expect(lookedAt.stdout).toMatch(/1 +SOURCE_SCHEMA +\/?name/);
      expect(lookedAt.stdout).toContain('+ colour new: text (1 of 3)');
      expect(lookedAt.stdout).toMatch(/~ name changed: .*string.* \(1 of 3\)/);
      for (const control of ['\u001b', '\u202e']) expect(lookedAt.stdout).not.toContain(control);

      const { hash, ...document } = JSON.parse((await cli('plan', 'items', '--json')).stdout);
      expect(document).toMatchObject({ create: 2, update: 0, counts: { quarantined: 1 }, delivery: { class: 'T3' } });
      expect(document.drift).toMatchObject([{ field: 'name' }, { field: 'colour', change: 'new', breaking: false }]);
      expect(await cli('run', 'items', '--plan', '0123456789abcdef')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('PLAN_UNKNOWN'),
      });
      await writeFile(join(folder, 'exchange/in.jsonl'), lines({ id: 'a', name: 'Bob' }));
      const refused = await cli('run', 'items', '--plan', hash, '--json');
      expect(refused).toMatchObject({ code: 7 });
      expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'PLAN_CHANGED' } });

      const reconciled = await cli('reconcile', 'items', '--json');
      expect(reconciled).toMatchObject({ code: 0 });
      expect(JSON.parse(reconciled.stdout)).toMatchObject({ by: 'reading', checked: 0, missing: 0, repair: null });
      const ledger = await openLedger(database);
      try {
        expect(await ledger.reports.latestRuns('items')).toEqual([]);
      } finally {
        await ledger.close();
      }
    }),
  );
}, 150_000);
