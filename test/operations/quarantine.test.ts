import type { RunReport } from '../../model/sync/batch.ts';
import type { EngineContext } from '../../operations/context.ts';
import { dropQuarantined } from '../../operations/quarantine/drop.ts';
import { listQuarantine } from '../../operations/quarantine/list.ts';
import { replayQuarantined } from '../../operations/quarantine/replay.ts';
import { showQuarantine } from '../../operations/quarantine/show.ts';
import { arraySource, createTestEngine, type TestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { operationContext } from '../support/operation-context.ts';
import { paperProject, withProject } from '../support/temp-project.ts';

const sync = 'orders';
const records = Array.from({ length: 3 }, (_, n) => ({ id: `o${n}`, version: n, value: 'v' }));

let rejects = true;
let engine: TestEngine;
beforeAll(async () => {
  engine = await createTestEngine([
    {
      name: sync,
      source: arraySource(() => records),
      destination: journalDestination({ upsert: true, lookupLagMs: 0 }),
      map: (record) =>
        rejects ? { state: 'rejected', reason: 'no', field: '/value', rule: 'wanted' } : { state: 'mapped', record },
    },
  ]);
  await engine.run(sync);
});
afterAll(() => engine.close());

const asked = (work: (context: EngineContext) => Promise<void>): Promise<void> =>
  withProject(paperProject(), (folder) => work(operationContext(engine, folder)));

test('a list counts by reason and leaves the records out, which are shown one by one', () =>
  asked(async (context) => {
    const list = await listQuarantine.perform(context, { sync, choice: { limit: 2 } });
    expect(listQuarantine.document.parse(list)).toEqual(list);
    expect(list).toMatchObject({ reasons: [{ code: 'MAPPING_REJECTED', field: '/value', records: 3 }] });
    expect(list.entries).toHaveLength(2);
    expect(list.entries[0]).not.toHaveProperty('record');

    const shown = await showQuarantine.perform(context, { sync, choice: { key: 'o1' } });
    expect(showQuarantine.document.parse(shown)).toEqual(shown);
    expect(shown.entries.map(({ record }) => JSON.parse(record ?? ''))).toEqual([records[1]]);
  }));

test('a misspelt name is no empty quarantine', () =>
  asked(async (context) => {
    const refused = { code: 'SYNC_UNKNOWN' };
    const misspelt = { sync: 'ordres', choice: {} };
    await expect(listQuarantine.perform(context, misspelt)).rejects.toMatchObject(refused);
    await expect(showQuarantine.perform(context, misspelt)).rejects.toMatchObject(refused);
    await expect(dropQuarantined.perform(context, { ...misspelt, confirmed: false })).rejects.toMatchObject(refused);
    await expect(replayQuarantined.perform(context, { ...misspelt, follows: false })).rejects.toMatchObject(refused);
  }));

test('a drop says how many, and drops them once that is confirmed', () =>
  asked(async (context) => {
    const choice = { key: 'o0' };
    await expect(dropQuarantined.perform(context, { sync, choice, confirmed: false })).rejects.toMatchObject({
      code: 'NOT_CONFIRMED',
      message: expect.stringContaining('1 records'),
    });
    const dropped = await dropQuarantined.perform(context, { sync, choice, confirmed: true });
    expect(dropQuarantined.document.parse(dropped)).toEqual({ sync, dropped: 1 });
  }));

test('a replay answers with the run that it started, or that nothing fits', () =>
  asked(async (context) => {
    rejects = false;
    const nothing = await replayQuarantined.perform(context, { sync, choice: { key: 'o0' }, follows: false });
    expect(nothing).toMatchObject({ chosen: 0, started: null });

    const replayed = await replayQuarantined.perform(context, { sync, choice: {}, follows: false });
    expect(replayQuarantined.document.parse(replayed)).toEqual(replayed);
    expect(replayed).toMatchObject({ chosen: 2, endsWithEngine: false });
    const report: RunReport = await engine.client.workflow.getHandle(replayed.started?.workflowId ?? '').result();
    expect(report).toMatchObject({ status: 'succeeded', counts: { fetched: 2, delivered: 2 } });
  }));
