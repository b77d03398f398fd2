import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { CallLimits } from '../../model/connection/connection.ts';
import { memoryStore, type StateStore } from '../../platform/outbound/limits/state.ts';
import { Pace } from '../../platform/outbound/pace/pace.ts';
import type { Caller } from '../../platform/outbound/pace/waiting-room.ts';
import type { Outgoing } from '../../platform/outbound/pipeline.ts';
import { connectionTo, doorTo } from '../support/tools.ts';
import { json, withServer } from '../support/with-server.ts';

const outgoing = (signal = new AbortController().signal): Outgoing => ({
  method: 'GET',
  url: new URL('http://shop.example/orders?q=canary'),
  route: '/orders',
  headers: {},
  signal,
});

const caller = (lane: string, attempt = 1): Caller => ({ lane, isInteractive: false, isRetry: attempt > 1 });
const person: Caller = { lane: '', isInteractive: true, isRetry: false };

/** Workers of one connection on the clock of the test. */
function workers(count: number, limits: CallLimits, store: StateStore = memoryStore(() => Date.now())) {
  const paces = Array.from(
    { length: count },
    (_, index) =>
      new Pace({
        connection: connectionTo({}, { limits }),
        store,
        worker: `worker-${index}`,
        clock: { now: () => Date.now(), elapsedMs: () => performance.now() },
      }),
  );
  return { paces, store };
}

const oneWorker = (limits: CallLimits) => {
  const { paces, ...rest } = workers(1, limits);
  const [pace] = paces;
  if (pace === undefined) throw new Error('no worker');
  return { pace, ...rest };
};

beforeEach(() => {
  jest.useFakeTimers({ now: Date.parse('2026-11-26T10:00:00Z') });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('workers at a server that refuses the fifty-first call in any second', () => {
  interface World {
    readonly workers?: number;
    /** What the connection states. Default: nothing; the server says it in each answer. */
    readonly perSecond?: number;
    /** The longest answer of the store. */
    readonly storeMs?: number;
    /** Now and then nothing runs on the whole machine. */
    readonly stalls?: boolean;
  }

  /** A server that counts exactly, and a store and a network that take their time. */
  async function minute({ workers: count = 4, perSecond, storeMs = 8, stalls = false }: World) {
    const limit = 50;
    const beganMs = performance.now();
    const starts: number[] = [];
    const refusedMs: number[] = [];
    let answered = 0;
    const random = seeded(7);
    if (stalls) stallNowAndThen(random);
    const latency = (mostMs: number) => new Promise((resolve) => setTimeout(resolve, 1 + random() * mostMs));
    const arrive = () => {
      const now = performance.now();
      while (starts[0] !== undefined && starts[0] <= now - 1_000) starts.shift();
      const isOver = starts.length >= limit;
      if (isOver) refusedMs.push(now - beganMs);
      else {
        starts.push(now);
        answered++;
      }
      return { isOver, left: limit - starts.length };
    };
    const call = async (pace: Pace) => {
      const pass = await pace.enter(outgoing(), caller('orders'));
      await latency(30);
      const { isOver, left } = arrive();
      await latency(30);
      if (perSecond === undefined)
        pace.hear([{ name: 'calls', left, units: limit, resetInMs: 1_000, windowMs: 1_000 }]);
      if (isOver) pace.refused(pass, { code: 'RATE_LIMITED', waitMs: undefined });
      pace.leave(pass, undefined);
    };
    const { paces } = workers(
      count,
      perSecond === undefined ? {} : { perSecond },
      slowStore(() => latency(storeMs)),
    );
    const lane = async (pace: Pace) => {
      while (performance.now() < beganMs + 60_000) await call(pace).catch(() => latency(1_000));
    };
    const lanes = Promise.all(paces.flatMap((pace) => Array.from({ length: 8 }, () => lane(pace))));
    await jest.advanceTimersByTimeAsync(70_000);
    await lanes;
    for (const pace of paces) pace.close();
    const refusedAfter = (ms: number) => refusedMs.filter((at) => at > ms).length;
    return { used: answered / (limit * 60), refusedAfter };
  }

  test('have none refused in a minute, and use more than nine tenths of what is allowed', async () => {
    const { used, refusedAfter } = await minute({ perSecond: 50 });
    expect(refusedAfter(0)).toBe(0);
    expect(used).toBeGreaterThan(0.92);
  });

  test('that says what it allows, do so from the first answer on', async () => {
    const { used, refusedAfter } = await minute({});
    expect(refusedAfter(2_000)).toBe(0);
    expect(used).toBeGreaterThan(0.92);
  });

  test('do so on a machine on which nothing runs for a tenth of a second now and then', async () => {
    const { used, refusedAfter } = await minute({ perSecond: 50, stalls: true });
    expect(refusedAfter(0)).toBe(0);
    expect(used).toBeGreaterThan(0.9);
  });

  test.each([60, 75, 100])('find it out where %d are stated, and use it', async (perSecond) => {
    const { used, refusedAfter } = await minute({ perSecond });
    expect(used).toBeGreaterThan(0.9);
    expect(refusedAfter(10_000)).toBeLessThan(8);
  });

  test('ask for more in time where the store is slow', async () => {
    const { used } = await minute({ workers: 1, perSecond: 50, storeMs: 100 });
    expect(used).toBeGreaterThan(0.9);
  });
});

/** Of all workers, as if each had a connection of its own to it. */
const slowStore = (latency: () => Promise<unknown>): StateStore => {
  const inner = memoryStore(() => Date.now());
  return {
    async change(connection, decide) {
      const answer = await inner.change(connection, decide);
      await latency();
      return answer;
    },
  };
};

/** From now on timers that end within a stall end after it: one each two seconds, of 100 ms in the mean. */
function stallNowAndThen(random: () => number): void {
  const exponential = (mean: number) => -Math.log(1 - random()) * mean;
  const setTimer = globalThis.setTimeout;
  let stall = { fromMs: performance.now() + exponential(2_000), untilMs: 0 };
  const stalledTimer = (run: () => void, ms = 0) => {
    const dueMs = performance.now() + ms;
    if (stall.untilMs < performance.now()) {
      const fromMs = Math.max(stall.fromMs, performance.now()) + exponential(2_000);
      stall = { fromMs, untilMs: fromMs + Math.min(400, exponential(100)) };
    }
    const isStalled = dueMs > stall.fromMs && dueMs < stall.untilMs;
    return setTimer(run, ms + (isStalled ? stall.untilMs - dueMs : 0));
  };
  Object.assign(globalThis, { setTimeout: stalledTimer });
}

describe('the limits of a connection', () => {
  const failed = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
  const settle = () => jest.advanceTimersByTimeAsync(50);

  test('are kept by syncs in turns: one that waits for little does not wait for one with much', async () => {
    const { pace } = oneWorker({ perSecond: 10 });
    const order: string[] = [];
    for (const [sync, calls] of [
      ['big', 30],
      ['small', 3],
    ] as const) {
      for (let n = 0; n < calls; n++)
        void pace.enter(outgoing(), caller(sync)).then((pass) => {
          order.push(sync);
          pace.leave(pass, undefined);
        });
    }
    await jest.advanceTimersByTimeAsync(1_000);
    expect(order.slice(0, 7).filter((sync) => sync === 'small').length).toBe(3);
  });

  test('let a call that a person waits for go first', async () => {
    const { pace } = oneWorker({ perSecond: 10 });
    const order: string[] = [];
    for (const from of [caller('big'), caller('big'), caller('big'), person])
      void pace.enter(outgoing(), from).then(() => order.push(from.lane || 'person'));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(order[0]).toBe('person');
  });

  test('let a cancelled call out of the queue, and the next one in', async () => {
    const { pace } = oneWorker({ concurrent: 1 });
    const stop = new AbortController();
    const first = pace.enter(outgoing(), caller('orders'));
    await settle();
    const cancelled = failed(pace.enter(outgoing(stop.signal), caller('orders')));
    const next = pace.enter(outgoing(), caller('orders'));
    stop.abort(new Error('no longer wanted'));
    expect(await cancelled).toMatchObject({ message: 'no longer wanted' });
    pace.leave(await first, undefined);
    await settle();
    await next;
  });

  test('are those of all workers together: calls at once are divided, and those of a dead worker are free again', async () => {
    const { paces } = workers(3, { concurrent: 4 });
    const [first, second, dead] = paces;
    if (!first || !second || !dead) throw new Error('three workers');
    let running = 0;
    let most = 0;
    const served = [0, 0];
    const lane = async (pace: Pace, index: number) => {
      for (;;) {
        const pass = await pace.enter(outgoing(), caller('orders'));
        running++;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 100));
        running--;
        served[index] = (served[index] ?? 0) + 1;
        pace.leave(pass, undefined);
      }
    };
    await dead.enter(outgoing(), caller('orders'));
    dead.close();
    for (let n = 0; n < 6; n++) void lane(first, 0);
    await jest.advanceTimersByTimeAsync(1_000);
    for (let n = 0; n < 6; n++) void lane(second, 1);
    await jest.advanceTimersByTimeAsync(8_000);
    expect(most).toBe(3);
    await jest.advanceTimersByTimeAsync(12_000);
    expect(most).toBe(4);
    expect(Math.min(...served)).toBeGreaterThan(0.6 * Math.max(...served));
  });

  test('hold for every worker after a 429, until the time that the system named', async () => {
    const { paces } = workers(2, {});
    const [first, second] = paces;
    if (!first || !second) throw new Error('two workers');
    const pass = await first.enter(outgoing(), caller('orders'));
    first.refused(pass, { code: 'RATE_LIMITED', waitMs: 30_000 });
    first.leave(pass, undefined);
    await settle();
    const refused = await failed(second.enter(outgoing(), caller('orders')));
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', effect: 'none' });
    expect(String(refused)).toMatch(/waits until 2026-11-26T10:00:30Z/);
    expect(String(refused)).not.toContain('canary');
    await jest.advanceTimersByTimeAsync(30_000);
    expect(await failed(second.enter(outgoing(), caller('orders')))).toMatchObject({ isTry: false });
  });

  test('spend a short pause in the queue: no step fails, and no worker calls before its end', async () => {
    const { paces } = workers(2, {});
    const [first, second] = paces;
    if (!first || !second) throw new Error('two workers');
    const pass = await first.enter(outgoing(), caller('orders'));
    first.refused(pass, { code: 'RATE_LIMITED', waitMs: 5_000 });
    first.leave(pass, undefined);
    await settle();
    let gone = 0;
    for (const pace of [first, second]) void pace.enter(outgoing(), caller('orders')).then(() => gone++);
    await jest.advanceTimersByTimeAsync(4_900);
    expect(gone).toBe(0);
    await jest.advanceTimersByTimeAsync(200);
    expect(gone).toBe(2);
  });

  test('that are told by the system are kept without being stated', async () => {
    const { pace } = oneWorker({});
    pace.leave(await pace.enter(outgoing(), caller('orders')), undefined);
    pace.hear([{ name: 'hourly', left: 2, units: 100, resetInMs: 600_000 }]);
    const outcomes = await Promise.all([1, 2, 3].map(() => failed(pace.enter(outgoing(), caller('orders')))));
    expect(outcomes.filter((outcome) => outcome instanceof Error)).toEqual([
      expect.objectContaining({ code: 'RATE_LIMITED' }),
    ]);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(await failed(pace.enter(outgoing(), caller('orders')))).toMatchObject({ isTry: false });
  });

  test('of a day make a wait until it returns, but for a reserve that retries and people may use', async () => {
    const { pace } = oneWorker({ perDay: 40, reserve: 0.1 });
    const one = async (who: Caller) => {
      const outcome = await failed(pace.enter(outgoing(), who));
      if (!(outcome instanceof Error)) pace.leave(outcome as Awaited<ReturnType<Pace['enter']>>, undefined);
      return outcome;
    };
    for (let n = 0; n < 36; n++) expect(await one(caller('orders'))).toMatchObject({ isTry: false });
    const spent = await one(caller('orders'));
    expect(spent).toMatchObject({ code: 'QUOTA_SPENT', effect: 'none' });
    expect(String(spent)).toMatch(/allows in a day are used up. It waits until 2026-11-27T1/);
    for (let n = 0; n < 3; n++) expect(await one(caller('orders', 2))).toMatchObject({ isTry: false });
    expect(await one(person)).toMatchObject({ isTry: false });
    expect(await one(person)).toMatchObject({ code: 'QUOTA_SPENT' });
    await jest.advanceTimersByTimeAsync(25 * 3_600_000);
    expect(await one(caller('orders'))).toMatchObject({ isTry: false });
  });
});

test('a quota of a day with a reset makes a visible wait until then', async () => {
  const { pace } = oneWorker({ perDay: 3, reserve: 0, resetAt: '00:00', zone: 'America/Los_Angeles' });
  const one = () => pace.enter(outgoing(), caller('orders')).catch((error: unknown) => error);
  for (let n = 0; n < 3; n++) pace.leave((await one()) as Awaited<ReturnType<Pace['enter']>>, undefined);
  expect(String(await one())).toMatch(/in a day are used up\. It waits until 2026-11-27T08:00:00Z/);
  await jest.advanceTimersByTimeAsync(22 * 3_600_000);
  expect(await one()).toMatchObject({ isTry: false });
});

describe('a system that is down', () => {
  const failed = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      (pass) => pass,
      (error: unknown) => error,
    );
  const fail = async (pace: Pace) => {
    pace.leave(await pace.enter(outgoing(), caller('orders')), 'SERVER_ERROR');
    await jest.advanceTimersByTimeAsync(10);
  };

  test('is left alone by every worker, tried by one call, and used again slowly', async () => {
    const { paces } = workers(2, {});
    const [first, second] = paces;
    if (!first || !second) throw new Error('two workers');
    for (let n = 0; n < 5; n++) await fail(n % 2 ? first : second);
    await jest.advanceTimersByTimeAsync(1_000);
    const down = await failed(second.enter(outgoing(), caller('orders')));
    expect(down).toMatchObject({ code: 'CONNECTION_DOWN', effect: 'none' });
    expect(String(down)).toMatch(/down since 2026-11-26T10:00:00Z \(SERVER_ERROR\). It waits until 2026-/);

    await jest.advanceTimersByTimeAsync(6_500);
    const calls = [first, second, first, second].map((pace) => failed(pace.enter(outgoing(), caller('orders'))));
    await jest.advanceTimersByTimeAsync(100);
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => !(outcome instanceof Error))).toEqual([
      expect.objectContaining({ isTry: true }),
    ]);
    first.leave({ caller: 'orders', isTry: true, startedMs: 0 }, undefined);
    await jest.advanceTimersByTimeAsync(10);

    let running = 0;
    const most: number[] = [];
    for (let n = 0; n < 40; n++)
      void (n % 2 ? first : second).enter(outgoing(), caller('orders')).then(async (pass) => {
        running++;
        await new Promise((resolve) => setTimeout(resolve, 900));
        running--;
        (n % 2 ? first : second).leave(pass, undefined);
      });
    for (let second = 0; second < 6; second++) {
      await jest.advanceTimersByTimeAsync(1_000);
      most.push(running);
    }
    expect(most[0]).toBeLessThanOrEqual(2);
    expect(most[2]).toBeLessThanOrEqual(8);
    expect(Math.max(...most)).toBeGreaterThan(3);
  });

  test('is tried less and less often, but every minute', async () => {
    const { pace } = oneWorker({});
    for (let n = 0; n < 5; n++) await fail(pace);
    const began = performance.now();
    let tries = 0;
    while (performance.now() - began < 8 * 3_600_000) {
      const outcome = await failed(pace.enter(outgoing(), caller('orders')));
      if (outcome instanceof Error) await jest.advanceTimersByTimeAsync(10_000);
      else {
        tries++;
        pace.leave(outcome as Awaited<ReturnType<Pace['enter']>>, 'CONNECTION_REFUSED');
        await jest.advanceTimersByTimeAsync(10);
      }
    }
    expect(tries).toBeGreaterThan(8 * 60 * 0.7);
    expect(tries).toBeLessThan(8 * 60 * 1.3);
  });

  test('is not one whose calls of another sync succeed', async () => {
    const { pace } = oneWorker({});
    for (let n = 0; n < 20; n++) {
      pace.leave(await pace.enter(outgoing(), caller('healthy')), undefined);
      await fail(pace);
      await fail(pace);
    }
    expect(await failed(pace.enter(outgoing(), caller('orders')))).toMatchObject({ isTry: false });
  });
});

describe('through the door', () => {
  beforeEach(() => {
    jest.useRealTimers();
  });

  test('no more calls are under way at once than the connection allows', async () => {
    let now = 0;
    let most = 0;
    // The first ones are held until as many have come as may, and a while longer for one more to come wrongly.
    let full = () => {};
    const filled = new Promise<void>((resolve) => {
      full = resolve;
    });
    await withServer(
      async (_, response) => {
        now++;
        most = Math.max(most, now);
        if (now === 3) setTimeout(full, 100);
        await filled;
        await sleep(10);
        now--;
        json(response, {});
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

  test('a system that was down is tried by its probe, so that no write has to find out', async () => {
    const store = memoryStore(() => Date.now());
    await withServer(
      (_, response) => json(response, {}),
      async ({ address, requests }) => {
        const connection = connectionTo({ address, probe: '/health?quick=1' });
        await store.change(connection.name, (state) => ({
          state: { ...state, breaker: { ...state.breaker, phase: 'open', retryAtMs: 1, downSinceMs: 1 } },
          answer: undefined,
        }));
        const http = doorTo(connection, {}, { store });
        const signal = new AbortController().signal;
        await http.request({ method: 'POST', path: '/orders', body: '{}', signal });
        http.close();
        expect(requests).toEqual(['GET /health?quick=1', 'POST /orders']);
      },
    );
  });
});

/** A generator of its own (mulberry32), so that a failure can be seen again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
