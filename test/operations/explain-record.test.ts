import type { EngineContext } from '../../operations/context.ts';
import { explain } from '../../operations/explain/explain.ts';
import { arraySource, createTestEngine, type TestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { operationContext } from '../support/operation-context.ts';
import { type ProjectFiles, paperProject, withProject } from '../support/temp-project.ts';

const sync = 'orders';
const records = ['o1', 'o2'].map((id) => ({ id, changed: 'now', paid: true, lines: [], version: 1, value: id }));

let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine([
    {
      name: sync,
      source: arraySource(() => records),
      destination: journalDestination({ upsert: true, lookupLagMs: 0 }),
      map: (record) =>
        JSON.stringify(record).includes('o2')
          ? { state: 'rejected', reason: 'no', field: '/value', rule: 'wanted' }
          : { state: 'mapped', record },
    },
  ]);
  await engine.run(sync);
});
afterAll(() => engine.close());

const asked = (files: ProjectFiles, work: (context: EngineContext) => Promise<void>): Promise<void> =>
  withProject(files, (folder) => work(operationContext(engine, folder)));

test('the document of a delivered record, of one that was set aside, and of one that was never seen, is as stated', () =>
  asked(paperProject(), async (context) => {
    const found = [];
    for (const key of ['o1', 'o2', 'o9']) {
      const document = await explain.perform(context, { sync, key, live: false });
      expect(explain.document.parse(document)).toEqual(document);
      found.push(document);
    }
    expect(found).toMatchObject([
      { state: 'delivered', write: { mode: 'full' }, lineage: null, live: null },
      { state: 'set aside', quarantine: [{ code: 'MAPPING_REJECTED' }], live: null },
      { state: 'never seen', write: null, live: null },
    ]);
  }));

test('both systems are asked when that is wanted, and whoever has gone is not kept waiting for them', () =>
  asked(paperProject(), async (context) => {
    const document = await explain.perform(context, { sync, key: 'o1', live: true });
    expect(explain.document.parse(document)).toEqual(document);
    expect(document.live).toEqual({
      source: { state: 'cannot be asked' },
      destination: { state: 'cannot be asked' },
      lineage: null,
    });
    const left = explain.perform({ ...context, gone: () => AbortSignal.abort() }, { sync, key: 'o1', live: true });
    await expect(left).rejects.toMatchObject({ code: 'INTERRUPTED' });
  }));

test('a misspelt name is no record that was never seen', () =>
  asked(paperProject(), async (context) => {
    await expect(explain.perform(context, { sync: 'ordres', key: 'o2', live: false })).rejects.toMatchObject({
      code: 'SYNC_UNKNOWN',
    });
  }));

test('of a sync whose files are in error the ledger still tells, and neither system can be asked', () =>
  asked(paperProject({ 'syncs/orders.ts': 'export default 1;' }), async (context) => {
    expect(await explain.perform(context, { sync, key: 'o2', live: false })).toMatchObject({
      state: 'set aside',
      lineage: null,
    });
    await expect(explain.perform(context, { sync, key: 'o2', live: true })).rejects.toMatchObject({
      code: 'PROJECT_INVALID',
    });
  }));
