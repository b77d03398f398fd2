import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallLimits } from '../model/connection.ts';
import { localPace } from '../platform/http/pace.ts';
import type { Outgoing } from '../platform/http/pipeline.ts';
import { RateWindow } from '../platform/http/window.ts';
import { connectionTo, doorTo } from './support/tools.ts';
import { json, withServer } from './support/with-server.ts';

const outgoing = (signal = new AbortController().signal): Outgoing => ({
  method: 'GET',
  url: new URL('http://shop.example/orders?q=canary'),
  route: '/orders',
  headers: {},
  signal,
});

describe('a rate window', () => {
  test('never lets more start in any stretch of its length than its limit, nor waits without need', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 120 });
    const limits = fc.double({ min: 0.2, max: 40, noNaN: true });
    fc.assert(
      fc.property(limits, pauses, (limit, gaps) => {
        const window = new RateWindow(limit, 1_000);
        const starts: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const waitMs = window.waitMs(now);
          now += waitMs;
          expect(window.waitMs(now)).toBeLessThan(1e-6);
          window.start(now);
          starts.push(now);
        }
        const inStretch = Math.max(1, Math.floor(limit));
        const stretchMs = (1_000 * inStretch) / limit;
        for (const [index, start] of starts.entries())
          expect((starts[index + inStretch] ?? Number.POSITIVE_INFINITY) - start).toBeGreaterThan(stretchMs - 1e-6);
      }),
    );
  });

  test('keeps a limit below one a second as one in a longer time', () => {
    const window = new RateWindow(0.5, 1_000);
    window.start(0);
    expect(window.waitMs(0)).toBe(2_000);
    expect(window.waitMs(2_000)).toBe(0);
  });

  test('remembers at most a thousand starts, at the same rate', () => {
    const window = new RateWindow(60_000, 60_000);
    for (let n = 0; n < 1_000; n++) window.start(0);
    expect(window.waitMs(0)).toBe(1_000);
  });
});

describe('the pace of a connection', () => {
  const stillClock = (limits: CallLimits) => {
    const clock = { ms: 0 };
    return { clock, pace: localPace(limits, () => clock.ms) };
  };

  test('lets the waiting start in the order they came', async () => {
    const { pace } = stillClock({ concurrent: 1 });
    const order: number[] = [];
    await pace.enter(outgoing());
    const waiting = [1, 2, 3].map((n) => pace.enter(outgoing()).then(() => order.push(n)));
    for (const one of waiting) {
      pace.leave();
      await one;
    }
    expect(order).toEqual([1, 2, 3]);
  });

  test('lets a cancelled call out of the queue, and the next one in', async () => {
    const { pace } = stillClock({ concurrent: 1 });
    const stop = new AbortController();
    await pace.enter(outgoing());
    const cancelled = pace.enter(outgoing(stop.signal));
    const next = pace.enter(outgoing());
    stop.abort(new Error('no longer wanted'));
    await expect(cancelled).rejects.toThrow('no longer wanted');
    pace.leave();
    await next;
  });

  test('refuses calls while the system wants none, saying how long, and takes them again afterwards', async () => {
    const { pace, clock } = stillClock({ concurrent: 1 });
    await pace.enter(outgoing());
    const queued = pace.enter(outgoing());
    pace.holdOff(5_000);
    await expect(queued).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 5_000, effect: 'none' });
    pace.leave();
    clock.ms = 2_000;
    const refused = await pace.enter(outgoing()).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 3_000 });
    expect(String(refused)).not.toContain('canary');
    clock.ms = 5_000;
    await pace.enter(outgoing());
  });
});

test('no more calls are under way at once than the connection allows', async () => {
  let now = 0;
  let most = 0;
  await withServer(
    (_, response) => {
      now++;
      most = Math.max(most, now);
      setTimeout(() => {
        now--;
        json(response, {});
      }, 10);
    },
    async ({ address, requests }) => {
      const http = doorTo(connectionTo({ address }, { limits: { concurrent: 3 } }));
      const signal = new AbortController().signal;
      await Promise.all(Array.from({ length: 20 }, () => http.request({ method: 'GET', path: '/', signal })));
      http.close();
      expect(requests.length).toBe(20);
    },
  );
  expect(most).toBe(3);
});

test('of calls beyond the limit of a second, the next starts when the first is a second old', async () => {
  jest.useFakeTimers();
  try {
    const pace = localPace({ perSecond: 20 }, () => performance.now());
    let started = 0;
    for (let call = 0; call < 30; call++) void pace.enter(outgoing()).then(() => started++);
    await jest.advanceTimersByTimeAsync(0);
    expect(started).toBe(20);
    await jest.advanceTimersByTimeAsync(999);
    expect(started).toBe(20);
    await jest.advanceTimersByTimeAsync(1);
    expect(started).toBe(30);
  } finally {
    jest.useRealTimers();
  }
});

test('after a 429 the other calls of the connection do not go out before the time it named', async () => {
  await withServer(
    (_, response) => json(response, {}, 429, { 'retry-after': '30' }),
    async ({ address, requests }) => {
      const http = doorTo(connectionTo({ address }));
      const signal = new AbortController().signal;
      const failures: unknown[] = [];
      for (let n = 0; n < 3; n++)
        failures.push(await http.request({ method: 'GET', path: '/', signal }).catch((error: unknown) => error));
      http.close();
      expect(failures).toEqual(Array(3).fill(expect.objectContaining({ code: 'RATE_LIMITED', effect: 'none' })));
      expect(requests.length).toBe(1);
    },
  );
});
