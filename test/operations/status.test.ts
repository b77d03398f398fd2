import { setTimeout as sleep } from 'node:timers/promises';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { EngineContext } from '../../operations/context.ts';
import { statusOfAll, statusOfOne } from '../../operations/status/status.ts';
import { arraySource, createTestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';
import { operationContext } from '../support/operation-context.ts';
import { paperProject, paperSync, withProject } from '../support/temp-project.ts';

const files = paperProject({ 'syncs/stock.ts': paperSync.replace("sheet: 'invoices'", "sheet: 'stock'") });

test('how syncs stand is a document with status and reason, of a run that has ended and of one that waits', async () => {
  let down = false;
  const fail = () => {
    if (down) throw new SyncFailure('AUTH_REJECTED', 'the token was revoked', { effect: 'none' });
  };
  const source = arraySource(() => [{ id: 'o1', version: 1, value: 'v' }], { fail });
  const destination = journalDestination({ upsert: true, lookupLagMs: 0 });
  const engine = await createTestEngine([{ name: 'orders', source, destination }]);
  const orders = async (context: EngineContext) => {
    const document = await statusOfOne.perform(context, { sync: 'orders' });
    expect(statusOfOne.document.parse(document)).toEqual(document);
    return document;
  };
  try {
    await withProject(files, async (folder) => {
      const context = operationContext(engine, folder);
      expect(await orders(context)).toMatchObject({ status: 'never run', reason: '', behindMs: null, runs: [] });
      await engine.run('orders', { full: true });
      expect(await orders(context)).toMatchObject({ status: 'succeeded', reason: '', expectedRecords: 1 });

      down = true;
      const handle = await engine.start('orders');
      while ((await orders(context)).status !== 'parked') await sleep(50);
      const parked = await orders(context);
      expect(parked.reason).toMatch(/^AUTH_REJECTED in fetch.*: the token was revoked$/);
      expect(parked.runs.map(({ status }) => status)).toEqual(['parked', 'succeeded']);

      const all = await statusOfAll.perform(context, {});
      expect(statusOfAll.document.parse(all)).toEqual(all);
      expect(all.syncs.map(({ sync, status }) => [sync, status])).toEqual([
        ['orders', 'parked'],
        ['stock', 'never run'],
      ]);
      expect(all.connections.map(({ connection }) => connection)).toEqual(['shop', 'books']);
      await expect(statusOfOne.perform(context, { sync: 'oders' })).rejects.toMatchObject({ code: 'SYNC_UNKNOWN' });
      await handle.terminate();
    });
  } finally {
    await engine.close();
  }
}, 120_000);
