import { printNotices } from '../../cli/runs/notices.ts';
import type { Json } from '../../model/record/json.ts';
import type { Notice } from '../../model/sync/notice.ts';
import { createOut } from '../../platform/terminal/out.ts';
import { arraySource, createTestEngine, type TestEngine } from '../support/engine.ts';
import { journalDestination } from '../support/journal.ts';

const records: Json[] = Array.from({ length: 20 }, (_, n) => ({ id: `o${n}`, version: n, value: `v${n}` }));
const repeated: Notice = { code: 'KEYS_REPEAT', subject: 'id', records: 3, detail: '3 records share a key' };

let engine: TestEngine;
let odd: readonly Notice[] = [];
/** Whoever reads notes what is odd, as a step does. */
const reading = async () => {
  const [open] = await engine.ledger.reports.latestRuns('orders');
  await engine.ledger.notices.note(open?.run ?? '', 1, odd);
  await engine.ledger.notices.note(open?.run ?? '', 1, odd);
};

beforeAll(async () => {
  const plain = arraySource(() => records);
  const source = {
    ...plain,
    async *read(request: Parameters<typeof plain.read>[0]) {
      await reading();
      yield* plain.read(request);
    },
  };
  const destination = journalDestination({ upsert: true, lookupLagMs: 0 });
  engine = await createTestEngine([{ name: 'orders', source, destination, mode: 'incremental' }]);
});
afterAll(() => engine.close());

function printed(found: Parameters<typeof printNotices>[1]): string {
  let text = '';
  const stdout = {
    write: (some: string) => {
      text += some;
    },
  };
  printNotices(createOut({ json: false, stdout, stderr: stdout, env: {} }), found);
  return text;
}

test('invariant 11, honest status: a run that notes what it could not know is partial, and tells it at length only once', async () => {
  odd = [repeated];
  const first = await engine.run('orders');
  expect(first).toMatchObject({ status: 'partial', counts: { delivered: 20 } });
  const [told] = await engine.ledger.notices.ofRun(first.run);
  expect(told).toMatchObject({ ...repeated, outcome: 'partial', toldBefore: false });
  expect(printed(told ? [told] : [])).toContain('KEYS_REPEAT id (3)');
  expect(printed(told ? [told] : [])).toContain('What to do: Name a key');

  const second = await engine.run('orders');
  expect(second.status).toBe('partial');
  const again = await engine.ledger.notices.ofRun(second.run);
  expect(again).toMatchObject([{ ...repeated, toldBefore: true }]);
  expect(printed(again)).toBe('\nas told before: KEYS_REPEAT id (3)\n');
});

test('invariant 11, honest status: a run whose source has nothing is partial too when it notes something', async () => {
  odd = [repeated];
  records.length = 0;
  expect(await engine.run('orders')).toMatchObject({ status: 'partial', counts: { fetched: 0 } });
  odd = [];
  expect(await engine.run('orders')).toMatchObject({ status: 'succeeded', counts: { fetched: 0 } });
});
