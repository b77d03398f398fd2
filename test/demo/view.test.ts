import { liveLines } from '../../demo/live-lines.ts';
import { type DemoFindings, demoReport } from '../../demo/report.ts';
import { createScreen } from '../../demo/screen.ts';
import { noCounts } from '../../model/sync/batch.ts';
import { rateMeter } from '../../platform/foundation/rate-meter.ts';
import { createStyle } from '../../platform/terminal/style.ts';

const plain = createStyle(false);

describe("the demo's live view", () => {
  const progress = { fetched: 20_000, counts: { ...noCounts, fetched: 20_000, delivered: 19_799, quarantined: 201 } };
  const moment = { progress, expected: 20_000, perSecond: 12_345, elapsedS: 100, worker: 'worker B takes over' };

  test('fits a terminal of 80 columns', () => {
    for (const { text } of liveLines({ ...moment, waiting: false }, plain)) expect(text.length).toBeLessThan(80);
  });

  test('draws its lines again in place, below what has been said', () => {
    let written = '';
    const stream = { isTTY: true, columns: 20, write: (text: string) => (written += text) };
    const screen = createScreen(stream, plain);
    screen.live([{ text: 'one' }, { text: 'a line longer than the screen' }]);
    expect(written).toBe('one\na line longer than…\n');
    written = '';
    screen.say('said');
    expect(written).toBe('\x1b[2A\r\x1b[Jsaid\none\na line longer than…\n');
    written = '';
    screen.settle();
    expect(written).toBe('\x1b[2A\r\x1b[J');
  });

  test('without a terminal says each line that stays, and the first moving one only now and then', () => {
    const lines: string[] = [];
    const screen = createScreen({ write: (text: string) => lines.push(text) }, plain);
    screen.live([{ text: 'first' }, { text: 'more' }]);
    screen.live([{ text: 'second' }]);
    screen.say('said');
    screen.settle();
    expect(lines).toEqual(['first\n', 'said\n']);
  });

  test('tells the rate of the last three seconds', () => {
    const rate = rateMeter();
    expect(rate(0, 0)).toBe(0);
    expect(rate(1000, 1000)).toBe(1000);
    expect(rate(1000, 5000)).toBe(0);
    expect(rate(4000, 6000)).toBe(3000);
  });
});

describe("the demo's report", () => {
  const run = {
    sync: 'orders-to-invoices',
    run: '1',
    status: 'partial',
    counts: { ...noCounts, fetched: 10, delivered: 9, quarantined: 1 },
    reconciled: { checked: 9, missing: 0, extra: 0, different: 0 },
    seconds: 1,
    uiUrl: null,
  } as const;
  const clean: DemoFindings = {
    orders: 10,
    changed: 1,
    workerKills: 1,
    verdict: { delivered: 9, lost: 0, doubled: 0, stale: 0, extra: 0, replays: 2 },
    shop: { calls: 3, refused: 0 },
    quarantine: [],
    runs: [run, run],
    mappingPage: 'page.html',
    seconds: 2,
  };

  test('adds both runs up and keeps the word of the checker apart', () => {
    expect(demoReport(clean)).toMatchObject({
      ok: true,
      fetched: 20,
      delivered: 18,
      quarantined: 2,
      inStep: 9,
      lost: 0,
      replays: 2,
    });
  });

  test.each([
    ['an order is lost', { verdict: { ...clean.verdict, lost: 1 } }],
    ['an effect is doubled', { verdict: { ...clean.verdict, doubled: 1 } }],
    ['an order is outdated', { verdict: { ...clean.verdict, stale: 1 } }],
    ['a run failed', { runs: [run, { ...run, status: 'failed' as const }] }],
    ['a record read back is missing', { runs: [{ ...run, reconciled: { ...run.reconciled, missing: 1 } }, run] }],
  ])('is not ok when %s', (_summary, fault) => {
    expect(demoReport({ ...clean, ...fault }).ok).toBe(false);
  });
});
