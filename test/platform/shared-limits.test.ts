import fc from 'fast-check';
import { openLedger } from '../../platform/ledger/ledger.ts';
import { StoreClock } from '../../platform/ledger/sql/store-clock.ts';
import { dayAround } from '../../platform/outbound/limits/day-quota.ts';
import { heldAfter, tempoNow } from '../../platform/outbound/limits/hold.ts';
import { Learnt } from '../../platform/outbound/limits/learned.ts';
import {
  nothingSpent,
  type Quota,
  roomAtMs,
  runsOutAtMs,
  type Spent,
  spend,
  spentNow,
} from '../../platform/outbound/limits/quota.ts';
import { dueAfter, nextStartMs, spacingOf } from '../../platform/outbound/limits/spacing.ts';
import { untouched } from '../../platform/outbound/limits/state.ts';
import { Alarm } from '../../platform/outbound/pace/alarm.ts';
import { limitsHeard } from '../../platform/outbound/pace/limit-headers.ts';
import { withDatabase } from '../support/database.ts';

describe('the state of a connection in the ledger', () => {
  test('is changed by many workers at once without a change being lost', async () => {
    await withDatabase(async (url) => {
      const ledgers = await Promise.all(Array.from({ length: 4 }, () => openLedger(url)));
      try {
        const change = (worker: number) =>
          ledgers[worker]?.connections.change('shop', (state, nowMs) => ({
            state: { ...state, dueMs: state.dueMs + 1 },
            answer: nowMs,
          }));
        const times = await Promise.all(Array.from({ length: 80 }, (_, call) => change(call % 4)));
        const seen = await ledgers[0]?.connections.all();
        expect(seen?.get('shop')?.state.dueMs).toBe(80);
        const now = seen?.get('shop')?.nowMs ?? 0;
        for (const time of times) expect(Math.abs((time ?? 0) - now)).toBeLessThan(60_000);
      } finally {
        await Promise.all(ledgers.map((ledger) => ledger.close()));
      }
    });
  });

  test('that another version of the engine wrote begins anew', async () => {
    await withDatabase(async (url) => {
      const ledger = await openLedger(url);
      try {
        await ledger.pool.query(`insert into connections (name, state) values ('shop', '{"shape":"of the future"}')`);
        const held = await ledger.connections.change('shop', (state) => ({
          state: { ...state, dueMs: 7 },
          answer: state.held,
        }));
        expect(held).toBeNull();
        expect((await ledger.connections.all()).get('shop')?.state.dueMs).toBe(7);
      } finally {
        await ledger.close();
      }
    });
  });
});

describe('the clock of the store', () => {
  const known = () => {
    const clock = new StoreClock();
    clock.heard({ storeMs: 5_000, askedMs: 999, answeredMs: 1_001 });
    return clock;
  };

  test('is that of the quickest answer, also long after: a slow one says less', () => {
    const clock = known();
    clock.heard({ storeMs: 65_000, askedMs: 60_850, answeredMs: 61_050 });
    expect(clock.at(61_050)).toBe(65_050);
    clock.heard({ storeMs: 65_100, askedMs: 61_097, answeredMs: 61_107 });
    expect(clock.at(61_107)).toBe(65_105);
  });

  test('is believed when it was set', () => {
    const clock = known();
    clock.heard({ storeMs: 905_000, askedMs: 1_900, answeredMs: 2_000 });
    expect(clock.at(2_000)).toBe(905_050);
  });
});

describe('a refusal', () => {
  const spaced = { code: 'RATE_LIMITED', waitMs: undefined, isSpaced: true } as const;

  test('of a call that began before the last one was heard is the same refusal', () => {
    const first = heldAfter(untouched, { ...spaced, agoMs: 20 }, 10_000);
    const late = heldAfter(first, { ...spaced, agoMs: 800 }, 10_700);
    expect(late).toEqual(first);
    const next = heldAfter(first, { ...spaced, agoMs: 20 }, 10_700);
    expect(tempoNow(next, 10_700)).toBeLessThan(tempoNow(first, 10_700));
  });

  test('at the slowest pace doubles the pause', () => {
    const slowest = { ...untouched, tempo: { share: 0.5, atMs: 10_000 } };
    const first = heldAfter(slowest, spaced, 10_000);
    const second = heldAfter(first, spaced, 10_300);
    const third = heldAfter(second, spaced, 10_800);
    const pauses = [first.held, second.held, third.held].map((held) => held?.untilMs);
    expect(pauses).toEqual([10_200, 10_700, 11_600]);
  });
});

describe('a limit that was heard', () => {
  const calls = (units: number) => [{ name: 'calls', left: 1, units, resetInMs: 1_000, windowMs: 1_000 }];

  test('is told again before the others forget it', () => {
    const learnt = new Learnt();
    const told = Array.from({ length: 13 }, (_, index) => learnt.hear(calls(50), index * 600_000));
    expect(told.flatMap((limit, index) => (limit === undefined ? [] : [index * 10]))).toEqual([0, 30, 60, 90, 120]);
  });

  test('is the least of those that several paths name', () => {
    const learnt = new Learnt();
    expect([50, 10, 50, 10, 50].map((units, index) => learnt.hear(calls(units), index * 100))).toEqual([
      50,
      10,
      undefined,
      undefined,
      undefined,
    ]);
    expect(learnt.under(20)).toBe(10);
    expect(learnt.hear(calls(50), 61_000)).toBe(50);
  });
});

test('an alarm rings once, at the earliest of its times', async () => {
  const rung: number[] = [];
  const began = performance.now();
  const alarm = new Alarm(() => rung.push(performance.now() - began));
  alarm.set(5_000, began);
  alarm.set(20, began);
  alarm.set(40, began);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(rung).toEqual([expect.any(Number)]);
  expect(rung[0]).toBeGreaterThan(15);
  alarm.set(10, began);
  alarm.stop();
});

describe('a quota', () => {
  const quota: Quota = { units: 100, windowMs: 86_400_000 };

  test('is never exceeded in any stretch of its window, and has room again when it says so', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 3_600_000 }), { minLength: 120, maxLength: 300 });
    fc.assert(
      fc.property(pauses, (gaps) => {
        let spent: Spent = nothingSpent;
        let now = 1_790_000_000_000;
        let latest = 0;
        const calls: number[] = [];
        for (const gap of gaps) {
          now += gap;
          const roomAt = roomAtMs(quota, spent, 1, 0, now);
          latest = Math.max(latest, roomAt - now);
          now = roomAt;
          spent = spend(quota, spent, 1, now);
          calls.push(now);
        }
        const stretches = calls.slice(100).map((at, index) => at - (calls[index] ?? at));
        expect(latest).toBeLessThanOrEqual(quota.windowMs * 1.03);
        expect(Math.min(Number.POSITIVE_INFINITY, ...stretches)).toBeGreaterThanOrEqual(quota.windowMs);
      }),
      { numRuns: 50 },
    );
  });

  test('keeps its reserve from those who may not touch it', () => {
    const spent = spend(quota, nothingSpent, 95, 0);
    expect(roomAtMs(quota, spent, 1, 5, 0)).toBeGreaterThan(0);
    expect(roomAtMs(quota, spent, 1, 0, 0)).toBe(0);
  });

  test('tells when it runs out at the present pace, and that it does not', () => {
    const hour = 3_600_000;
    let spent: Spent = nothingSpent;
    for (let n = 0; n < 5; n++) spent = spend(quota, spent, 10, 1_000 * hour + n * 0.5 * hour);
    const now = 1_002.2 * hour;
    const runsOut = runsOutAtMs(quota, spent, now) ?? 0;
    expect((runsOut - now) / hour).toBeGreaterThan(1.5);
    expect((runsOut - now) / hour).toBeLessThan(6);
    expect(runsOutAtMs({ ...quota, units: 100_000 }, spent, now)).toBeUndefined();
    expect(spentNow(quota, spent, now)).toBe(50);
  });

  test('is not blocked by a clock that was a day ahead', () => {
    const ahead = spend(quota, nothingSpent, 10, 2 * 86_400_000);
    expect(spentNow(quota, ahead, 86_400_000)).toBe(10);
    expect(roomAtMs(quota, ahead, 1, 0, 86_400_000)).toBe(86_400_000);
  });
});

describe('a quota that begins anew at a time of day', () => {
  const quota: Quota = { units: 100, windowMs: 86_400_000, reset: { at: '00:00', zone: 'America/Los_Angeles' } };
  const hour = 3_600_000;
  const evening = Date.parse('2026-11-26T07:00:00Z');
  const midnight = Date.parse('2026-11-26T08:00:00Z');

  test('has room at that time, however late its calls were made, and counts none of them then', () => {
    const spent = spend(quota, nothingSpent, 100, evening);
    expect(roomAtMs(quota, spent, 1, 0, evening)).toBe(midnight);
    expect(spentNow(quota, spent, midnight - 1)).toBe(100);
    expect(spentNow(quota, spent, midnight)).toBe(0);
    expect(roomAtMs(quota, spent, 1, 0, midnight)).toBe(midnight);
  });

  test('is foretold to run out only where that comes before the reset', () => {
    let spent: Spent = nothingSpent;
    for (let n = 0; n < 4; n++) spent = spend(quota, spent, 10, midnight + n * hour);
    const now = midnight + 3.5 * hour;
    const runsOut = runsOutAtMs(quota, spent, now) ?? 0;
    expect((runsOut - now) / hour).toBeGreaterThan(4);
    expect((runsOut - now) / hour).toBeLessThan(8);
    expect(runsOutAtMs({ ...quota, units: 1_000 }, spent, now)).toBeUndefined();
    expect(runsOutAtMs(quota, spend(quota, spent, 60, now), now)).toBe(now);
  });

  test('follows summer time, also where its time is skipped or comes twice', () => {
    const days = (at: string, zone: string, around: string) => {
      const { fromMs, untilMs } = dayAround({ at, zone }, Date.parse(around));
      return [new Date(fromMs).toISOString(), (untilMs - fromMs) / hour];
    };
    expect(days('00:00', 'Europe/Berlin', '2026-03-29T12:00:00Z')).toEqual(['2026-03-28T23:00:00.000Z', 23]);
    expect(days('00:00', 'Europe/Berlin', '2026-10-25T12:00:00Z')).toEqual(['2026-10-24T22:00:00.000Z', 25]);
    expect(days('02:30', 'Europe/Berlin', '2026-03-29T12:00:00Z')).toEqual(['2026-03-29T01:30:00.000Z', 23]);
    expect(days('02:30', 'Europe/Berlin', '2026-10-25T12:00:00Z')).toEqual(['2026-10-25T00:30:00.000Z', 25]);
    expect(days('14:00', 'UTC', '2026-11-26T13:59:59Z')).toEqual(['2026-11-25T14:00:00.000Z', 24]);
  });

  test('forgets nothing when the clock goes back within the day', () => {
    const spent = spend(quota, nothingSpent, 10, midnight + 5 * hour);
    expect(spentNow(quota, spent, midnight + hour)).toBe(10);
  });
});

describe('calls spread over a second', () => {
  test('never exceed the limit in any second, also when each starts up to 30 ms late', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 500 }),
        fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { minLength: 1_200, maxLength: 1_200 }),
        (limit, delays) => {
          const spacing = spacingOf({ perSecond: limit });
          if (!spacing) throw new Error('no spacing');
          let due = 0;
          const starts = delays.map((delay) => {
            const start = nextStartMs(spacing, due, 0);
            due = dueAfter(spacing, due, 0);
            return start + delay;
          });
          const sorted = starts.sort((a, b) => a - b);
          const stretches = sorted.slice(limit).map((at, index) => at - (sorted[index] ?? at));
          expect(Math.min(...stretches)).toBeGreaterThanOrEqual(1_000);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('follow the stated burst and cost', () => {
    expect(spacingOf({ perSecond: 2, burst: 40 })).toMatchObject({ burst: 40, everyMs: 535 });
    expect(spacingOf({ perSecond: 100, costPerCall: 5 })?.everyMs).toBeCloseTo(53.5);
    expect(spacingOf({ perMinute: 5 })).toBeUndefined();
  });
});

describe('what an answer says of limits', () => {
  const now = Date.parse('2026-11-26T10:00:00Z');
  test.each([
    [
      'in the structured fields of the IETF draft',
      { ratelimit: '"day";r=50;t=3600', 'ratelimit-policy': '"burst";q=10;w=1, "day";q=1000;w=86400' },
      [{ name: 'day', left: 50, units: 1000, resetInMs: 3_600_000, windowMs: 86_400_000 }],
    ],
    [
      'in the one field of draft 7',
      { ratelimit: 'limit=100, remaining=40, reset=30', 'ratelimit-policy': '100;w=60' },
      [{ name: 'default', left: 40, units: 100, resetInMs: 30_000 }],
    ],
    [
      'in three fields of the first drafts',
      { 'ratelimit-limit': '100, 100;w=60', 'ratelimit-remaining': '40', 'ratelimit-reset': '30' },
      [{ name: 'default', left: 40, units: 100, resetInMs: 30_000 }],
    ],
    [
      'by seconds since 1970, as GitHub does',
      { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': `${now / 1000 + 900}` },
      [{ name: 'default', left: 4999, units: 5000, resetInMs: 900_000 }],
    ],
    [
      'by the minute, as gateways do',
      { 'x-ratelimit-limit-minute': '60', 'x-ratelimit-remaining-minute': '7', 'ratelimit-reset': '20' },
      [{ name: 'minute', left: 7, units: 60, resetInMs: 60_000, windowMs: 60_000 }],
    ],
    [
      'by requests and a duration',
      {
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-reset-requests': '6m0s',
      },
      [{ name: 'requests', left: 59, units: 60, resetInMs: 360_000 }],
    ],
    [
      'by an interval, as HubSpot does',
      {
        'x-hubspot-ratelimit-max': '100',
        'x-hubspot-ratelimit-remaining': '93',
        'x-hubspot-ratelimit-interval-milliseconds': '10000',
      },
      [{ name: 'interval', left: 93, units: 100, resetInMs: 10_000, windowMs: 10_000 }],
    ],
    ['in nonsense', { 'x-ratelimit-remaining': '-1', 'x-ratelimit-reset': 'soon', ratelimit: ';;,,"' }, []],
    ['with nothing', {}, []],
  ])('%s is heard', (_how, headers, heard) => {
    expect(limitsHeard(headers as Record<string, string>, now)).toMatchObject(heard);
  });
});
