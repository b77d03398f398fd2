import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { projectStore } from '../../workers/projects.ts';
import { SharedLooks } from '../../workers/shared-looks.ts';
import { withProject } from '../support/temp-project.ts';

const connections = (perDay: number) =>
  `shop:\n  kind: rest\n  address: https://shop.example\n  limits: { perDay: ${perDay} }\nbooks:\n  kind: files\n  folder: .\n`;
const files = {
  'connections.yaml': connections(2),
  'mappings/order.ts': `import { map } from 'syncline';
import { z } from 'zod';
const Order = z.object({ id: z.string() });
export const order = map(Order, Order, (from) => ({ id: from.id }));`,
  'syncs/orders.ts': `import { defineSync } from 'syncline';
import files from 'syncline/connectors/files';
import rest from 'syncline/connectors/rest';
import { order } from '../../mappings/order.ts';
export default defineSync({
  source: rest.source('shop', { path: '/orders' }),
  key: 'id',
  mapping: order,
  destination: files.destination('books', { path: 'orders.jsonl', format: 'jsonl', key: 'id' }),
});`,
};

test('an open run uses its connections as they are now, so that a raised limit ends its wait', async () => {
  await withProject(files, async (folder) => {
    const projects = projectStore(folder, {});
    const { version } = await projects.current('orders');
    const limits = async () => (await projects.version('orders', version)).sourceConnection.limits;
    expect(await limits()).toEqual({ perDay: 2 });
    await writeFile(join(folder, 'connections.yaml'), connections(1000));
    const later = performance.now() + 60_000;
    const clock = jest.spyOn(performance, 'now').mockReturnValue(later);
    expect(await limits()).toEqual({ perDay: 1000 });
    clock.mockReturnValue(later + 60_000);
    await writeFile(join(folder, 'connections.yaml'), 'shop: [broken');
    expect(await limits()).toEqual({ perDay: 1000 });
    clock.mockRestore();
  });
});

test('of versions that no file has any more, those that were asked for last are kept, and only so many', async () => {
  await withProject(files, async (folder) => {
    const projects = projectStore(folder, {}, 1);
    const sync = join(folder, 'syncs/orders.ts');
    const text = await readFile(sync, 'utf8');
    const versions: string[] = [];
    for (const policy of ['', 'policy: { batchRecords: 1 },', 'policy: { batchRecords: 2 },']) {
      await writeFile(sync, text.replace('key:', `${policy} key:`));
      versions.push((await projects.current('orders')).version);
      if (versions[1] === undefined) continue;
      // The run that began first is still open.
      await projects.version('orders', versions[0] ?? '').catch(() => undefined);
    }
    const [first = '', second = '', third = ''] = versions;
    expect((await projects.version('orders', third)).version).toBe(third);
    expect((await projects.version('orders', first)).version).toBe(first);
    await expect(projects.version('orders', second)).rejects.toMatchObject({ code: 'SYNC_CHANGED' });
  });
});

test('what a look of a moment ago does not have, or has as broken, is looked for again', async () => {
  await withProject(files, async (folder) => {
    const projects = projectStore(folder, {});
    const text = files['syncs/orders.ts'];
    await projects.current('orders');
    await writeFile(join(folder, 'syncs/added.ts'), text);
    expect((await projects.current('added', 60_000)).name).toBe('added');
    await writeFile(join(folder, 'syncs/added.ts'), 'export default 1;');
    await expect(projects.current('added')).rejects.toMatchObject({ code: 'PROJECT_INVALID' });
    await writeFile(join(folder, 'syncs/added.ts'), text);
    expect((await projects.current('added', 60_000)).name).toBe('added');
    await expect(projects.current('none', 60_000)).rejects.toMatchObject({ code: 'SYNC_UNKNOWN' });
  });
});

/** Looks that end when they are told to. */
function looksByHand(): { looks: SharedLooks<number>; end: (() => void)[] } {
  const end: (() => void)[] = [];
  const look = () => {
    const number = end.length + 1;
    return new Promise<number>((resolve) => end.push(() => resolve(number)));
  };
  return { looks: new SharedLooks(look), end };
}

test('whoever asks while a look is under way shares the next one, and never sees the one that began before', async () => {
  const { looks, end } = looksByHand();
  const first = looks.at(0);
  const later = [looks.at(0), looks.at(0), looks.at(0)];
  expect(end.length).toBe(1);
  end[0]?.();
  expect(await first).toBe(1);
  await nextTurn();
  expect(end.length).toBe(2);
  end[1]?.();
  expect(await Promise.all(later)).toEqual([2, 2, 2]);
  expect(end.length).toBe(2);
});

test('a look that is young enough is shared, also while it is under way, and a failed one is not the last', async () => {
  const { looks, end } = looksByHand();
  const [first, second] = [looks.at(60_000), looks.at(60_000)];
  end[0]?.();
  expect(await Promise.all([first, second, looks.at(60_000)])).toEqual([1, 1, 1]);
  let fails = true;
  const failing = new SharedLooks(async () => {
    if (fails) throw new Error('unreadable');
    return 'read';
  });
  const both = await Promise.allSettled([failing.at(0), failing.at(0)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await failing.at(0)).toBe('read');
});
