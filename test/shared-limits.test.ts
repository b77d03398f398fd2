import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { limitsHeard } from '../platform/http/limit-headers.ts';
import { openLedger } from '../platform/ledger/ledger.ts';
import {
  nothingSpent,
  type Quota,
  roomAtMs,
  runsOutAtMs,
  type Spent,
  spend,
  spentNow,
} from '../platform/limits/quota.ts';
import { dueAfter, nextStartMs, spacingOf } from '../platform/limits/spacing.ts';
import { withDatabase } from './support/database.ts';

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
          expect(Math.min(...stretches)).toBeGreaterThan(970);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('follow the stated burst and cost', () => {
    expect(spacingOf({ perSecond: 2, burst: 40 })).toMatchObject({ burst: 40, everyMs: 525 });
    expect(spacingOf({ perSecond: 100, costPerCall: 5 })?.everyMs).toBeCloseTo(52.5);
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
