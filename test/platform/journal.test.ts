import { randomBytes } from 'node:crypto';
import type { Call } from '../../model/connection/call.ts';
import type { Connection } from '../../model/connection/connection.ts';
import type { HttpCall, HttpClient } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import { keyring } from '../../platform/crypto/keyring.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { createHttpClient } from '../../platform/outbound/client.ts';
import { inCallContext } from '../../platform/outbound/journal/call-context.ts';
import { openDetail, type SeenCall } from '../../platform/outbound/journal/entry.ts';
import { type JournalLimits, openJournal } from '../../platform/outbound/journal/journal.ts';
import { Waiting } from '../../platform/outbound/journal/waiting.ts';
import { knownSecrets } from '../../platform/secrets/known.ts';
import { useLedger } from '../support/ledger.ts';
import { connectionTo, secretsOf, silentLog } from '../support/tools.ts';
import { json, type TestServer, withServer } from '../support/with-server.ts';

let ledger: Ledger;
const keys = keyring([randomBytes(32)]);

useLedger((opened) => {
  ledger = opened;
});

const call = (more: Partial<HttpCall> = {}): HttpCall => ({
  method: 'GET',
  path: '/orders',
  signal: new AbortController().signal,
  ...more,
});

interface Given {
  readonly connection?: Partial<Connection>;
  readonly limits?: Partial<JournalLimits>;
  readonly calls?: Partial<Pick<Ledger['calls'], 'insert'>>;
  readonly log?: (fields: object, message: string) => void;
  readonly keys?: typeof keys;
}

/** Makes calls through a door with a journal, which is written when `work` has ended. */
async function journalling(
  server: TestServer,
  name: string,
  work: (http: ReturnType<typeof createHttpClient>) => Promise<unknown>,
  given: Given = {},
): Promise<readonly Call[]> {
  const secrets = knownSecrets();
  secrets.note('canary-token', '[secret:TOKEN]');
  secrets.note('canary-password', '[secret:PASSWORD]');
  const connection = connectionTo({ address: server.address }, { name, ...given.connection });
  const journal = openJournal({
    calls: { ...ledger.calls, ...given.calls },
    keys: async () => given.keys ?? keys,
    secrets,
    log: { ...silentLog, ...(given.log && { warn: given.log }) },
    ...(given.limits && { limits: given.limits }),
  });
  const readSecret = secretsOf({ TOKEN: 'canary-token', PASSWORD: 'canary-password' });
  const http = createHttpClient({ connection, readSecret, log: silentLog, clock: Date, journal });
  try {
    await work(http);
  } finally {
    http.close();
    await journal.close();
  }
  return ledger.calls.list({ of: name, limit: 100 });
}

const shown = async (id: string | undefined) => {
  const stored = await ledger.calls.show(id ?? '');
  if (!stored?.detail) throw new Error('the entry has no detail');
  return { ...stored, detail: await openDetail(stored.detail, keys), sealed: stored.detail };
};

describe('an entry', () => {
  test('has what was sent, what came back, on whose behalf and how long each phase took', async () => {
    await withServer(
      (_, response) => json(response, { id: 'x-1', email: 'canary@person.example' }, 201, { 'x-limit': '7' }),
      async (server) => {
        const hidden = [['email']];
        const [entry] = await journalling(
          server,
          'noted',
          (http) =>
            inCallContext({ run: 'run-1', batch: 3, step: 'deliverBatch' }, () =>
              http.request(
                call({
                  method: 'POST',
                  path: '/orders/k-1?expand=all',
                  route: '/orders/{key}',
                  body: '{"id":"k-1","email":"canary@person.example"}',
                  headers: { 'content-type': 'application/json' },
                  keys: ['k-1', 'k-2'],
                }),
                { sync: 'orders', hidden },
              ),
            ),
          { connection: { auth: { kind: 'bearer', token: { env: 'TOKEN' } } } },
        );
        expect(entry).toMatchObject({
          ...{ connection: 'noted', sync: 'orders', run: 'run-1', batch: 3, step: 'deliverBatch' },
          ...{ method: 'POST', route: '/orders/{key}', status: 201, code: null, keys: 2, bodiesDropped: false },
          ...{ requestBytes: 44, responseBytes: 44 },
        });
        const { detail, sealed } = await shown(entry?.id);
        expect(detail).toMatchObject({
          url: `${server.address}/orders/k-1?expand=all`,
          keys: ['k-1', 'k-2'],
          requestHeaders: { authorization: 'Bearer [secret:TOKEN]', 'content-type': 'application/json' },
          responseHeaders: { 'x-limit': '7' },
          requestBody: { text: '{"id":"k-1","email":"[redacted]"}', bytes: 44, cut: false },
          responseBody: { text: '{"id":"x-1","email":"[redacted]"}', bytes: 44, cut: false },
        });
        expect(Object.keys(detail.timing)).toEqual(expect.arrayContaining(['connect', 'firstByte', 'download']));
        expect(sealed.toString('latin1')).not.toContain('orders');
      },
    );
  });

  test('is written for an answer that is a failure, and for a call that gets none', async () => {
    // The refusal comes last: after it nothing is called for a while.
    const statuses = [200, 500, 404, null, 429];
    await withServer(
      (request, response) => {
        const status = statuses.shift();
        if (status === null || status === undefined) request.socket.destroy();
        else json(response, {}, status);
      },
      async (server) => {
        // Each through a door of its own: one that was told to wait would not call again.
        const gone = AbortSignal.abort(new Error('nobody waits'));
        const made = [call(), call(), call(), call(), call(), call({ signal: gone })];
        for (const one of made)
          await journalling(server, 'failing', (http) => http.request(one).catch(() => undefined));
        const entries = await ledger.calls.list({ of: 'failing', limit: 10 });
        expect(entries.map(({ status, code }) => [status, code]).reverse()).toEqual([
          [200, null],
          [500, 'SERVER_ERROR'],
          [404, null],
          [null, 'CONNECTION_LOST'],
          [429, 'RATE_LIMITED'],
        ]);
        const failed = await ledger.calls.list({ of: 'failing', failed: true, limit: 10 });
        expect(failed.map(({ status }) => status)).toEqual([429, null, 404, 500]);
      },
    );
  });

  test('is written for each login and each hop of a redirect, without what was logged in with', async () => {
    await withServer(
      (request, response) => {
        if (request.url === '/login') json(response, { session: { token: 'canary-session' } });
        else if (request.url === '/old') json(response, {}, 307, { location: '/new' });
        else json(response, {});
      },
      async (server) => {
        const auth = {
          ...{ kind: 'session' as const, path: '/login', token: '/session/token', header: 'authorization', prefix: '' },
          body: { identity: 'me', password: { env: 'PASSWORD' } },
        };
        const entries = await journalling(server, 'hops', (http) => http.request(call({ path: '/old' })), {
          connection: { auth },
        });
        expect(entries.map(({ method, route, status }) => `${method} ${route} ${status}`).reverse()).toEqual([
          'POST /login 200',
          'GET /old 307',
          'GET /old 200',
        ]);
        const details = await Promise.all(entries.map(async ({ id }) => JSON.stringify((await shown(id)).detail)));
        expect(details.join()).not.toContain('canary');
        const login = await shown(entries.at(-1)?.id);
        expect([login.route, login.detail.requestBody, login.detail.responseBody]).toEqual(['/login', null, null]);
        expect(login.requestBytes).toBeGreaterThan(0);
      },
    );
  });

  test('keeps the head of a long body, more of it when the call failed, all of it, or none, as the connection says', async () => {
    const long = 'é'.repeat(30_000);
    const bodies = async (setting: 'none' | 'head' | 'full', status = 200) =>
      withServer(
        (_, response) => json(response, { long }, status),
        async (server) => {
          const journal = { enabled: true, bodies: setting, keepDays: 1, maxBytes: 1 << 30 };
          const ask = (http: HttpClient) => http.request(call()).catch(() => undefined);
          const [entry] = await journalling(server, `bodies-${setting}-${status}`, ask, { connection: { journal } });
          return (await shown(entry?.id)).detail.responseBody;
        },
      );
    expect(await bodies('none')).toBeNull();
    for (const [status, keptBytes] of [
      [200, 4 * 1024],
      [422, 16 * 1024],
    ] as const) {
      const head = await bodies('head', status);
      expect(head).toMatchObject({ bytes: 60_011, cut: true });
      expect(Math.abs(Buffer.byteLength(head?.text ?? '') - keptBytes)).toBeLessThanOrEqual(2);
    }
    expect(await bodies('full')).toEqual({ text: JSON.stringify({ long }), bytes: 60_011, cut: false });
  });

  test('is not written for a connection that wants no journal', async () => {
    await withServer(
      (_, response) => json(response, {}),
      async (server) => {
        const journal = { enabled: false, bodies: 'head', keepDays: 1, maxBytes: 1 << 30 } as const;
        expect(
          await journalling(server, 'silent', (http) => http.request(call()), { connection: { journal } }),
        ).toEqual([]);
      },
    );
  });

  test('without a key to seal with keeps its facts only, and the log says so once', async () => {
    await withServer(
      (_, response) => json(response, {}),
      async (server) => {
        const said: string[] = [];
        const [entry] = await journalling(server, 'keyless', (http) => http.request(call()), {
          keys: keyring([]),
          log: (_, message) => said.push(message),
        });
        expect(entry).toMatchObject({ status: 200, route: '/orders' });
        expect((await ledger.calls.show(entry?.id ?? ''))?.detail).toBeNull();
        expect(said).toEqual([expect.stringContaining('there is no key')]);
      },
    );
  });
});

describe('looking for calls', () => {
  test('finds them by record, run, status, slowness and time, latest first', async () => {
    const row = {
      ...{ at: new Date().toISOString(), connection: 'shop', sync: 'found', batch: 1, step: 'deliverBatch' },
      ...{ method: 'POST', route: '/orders', code: null, requestBytes: 1, responseBytes: 1 },
      ...{ bodiesDropped: false, lostBefore: 0, keepDays: 1, detail: null },
    };
    await ledger.calls.insert([
      { ...row, run: 'a', status: 200, ms: 10, keys: ['k-1', 'k-2'] },
      { ...row, run: 'a', status: 422, ms: 900, keys: ['k-3'] },
      { ...row, run: 'b', status: 200, ms: 20, keys: ['k-1'], at: '2026-01-01T00:00:00.000Z', keepDays: 3650 },
    ]);
    const found = async (choice: object) =>
      (await ledger.calls.list({ of: 'found', limit: 10, ...choice })).map(({ run, ms }) => `${run}${ms}`);
    expect(await found({})).toEqual(['b20', 'a900', 'a10']);
    expect(await found({ key: 'k-1' })).toEqual(['b20', 'a10']);
    expect(await found({ run: 'a', slowMs: 100 })).toEqual(['a900']);
    expect(await found({ status: 422 })).toEqual(['a900']);
    expect(await found({ failed: true })).toEqual(['a900']);
    expect(await found({ since: '2026-06-01T00:00:00.000Z' })).toEqual(['a900', 'a10']);
    expect(await found({ limit: 1 })).toEqual(['b20']);
    const { delivered, fetched } = await ledger.calls.callsOf('found', 'k-1');
    expect(delivered.map(({ run }) => run)).toEqual(['b', 'a']);
    expect(fetched).toEqual([]);
  });
});

describe('what is kept', () => {
  const row = (connection: string, at: string, keepDays = 14) => ({
    ...{ connection, at, keepDays, sync: null, run: null, batch: null, step: null, method: 'GET', route: '/' },
    ...{ status: 200, code: null, ms: 1, requestBytes: 0, responseBytes: 0, keys: [], bodiesDropped: false },
    ...{ lostBefore: 0, detail: Buffer.alloc(700_000) },
  });
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const left = async (of: string) => (await ledger.calls.list({ of, limit: 10 })).length;

  test('is bounded in age and size for each connection, whoever wrote it', async () => {
    await ledger.calls.insert([row('aged', daysAgo(3)), row('aged', daysAgo(1)), row('aged', daysAgo(0))]);
    await ledger.calls.insert([row('large', daysAgo(0)), row('large', daysAgo(0)), row('large', daysAgo(0))]);
    await ledger.calls.insert([row('foreign', daysAgo(20), 30), row('foreign', daysAgo(20), 10)]);
    const settings = new Map([
      ['aged', { keepDays: 2, maxBytes: 1 << 30 }],
      ['large', { keepDays: 2, maxBytes: 1_500_000 }],
    ]);
    expect(await ledger.calls.prune(settings)).toBe(3);
    expect([await left('aged'), await left('large'), await left('foreign')]).toEqual([2, 2, 1]);
    expect(await ledger.calls.prune(settings)).toBe(0);
  });
});

describe('a journal that cannot keep up', () => {
  const seen = (bytes: number): SeenCall => ({
    ...{ atMs: 0, connection: connectionTo({}), use: null, run: null, batch: null, step: null, method: 'GET' },
    ...{ route: '/', url: new URL('http://a.example/'), keys: [], status: 200, code: null, ms: 1, timing: {} },
    ...{ requestHeaders: {}, responseHeaders: {}, requestBytes: 0, responseBytes: bytes, requestBody: null },
    responseBody: bytes === 0 ? null : { head: Buffer.alloc(bytes), bytes },
  });

  test('gives up bodies before entries, counts both, and marks the entries', () => {
    const waiting = new Waiting({ entries: 3, bodyBytes: 100 });
    for (const bytes of [60, 60, 40, 10, 10]) waiting.add(seen(bytes));
    const kept = waiting.first(10);
    expect(kept.map(({ seen: { responseBody }, bodiesDropped }) => [responseBody?.bytes, bodiesDropped])).toEqual([
      [60, false],
      [undefined, true],
      [40, false],
    ]);
    expect(waiting.takeLosses()).toEqual({ bodies: 1, entries: 2 });
    expect(waiting.takeLosses()).toEqual({ bodies: 0, entries: 0 });
    waiting.written(3);
    waiting.add(seen(100));
    expect(waiting.first(10)).toMatchObject([{ lostBefore: 2, bodiesDropped: false }]);
  });

  test('says so in the log, and keeps what it could not write until it can', async () => {
    await withServer(
      (_, response) => json(response, {}),
      async (server) => {
        let refusals = 2;
        const said: object[] = [];
        const entries = await journalling(
          server,
          'late',
          async (http) => {
            for (let n = 0; n < 6; n++) await http.request(call());
            while (refusals > 0) await new Promise((resolve) => setTimeout(resolve, 5));
          },
          {
            limits: { entries: 4, flushMs: 10 },
            calls: {
              insert: async (rows) => {
                if (refusals-- > 0) throw new SyncFailure('LEDGER_UNAVAILABLE', 'not now');
                await ledger.calls.insert(rows);
              },
            },
            log: (fields, message) => said.push({ ...fields, message }),
          },
        );
        expect(entries.length).toBeGreaterThanOrEqual(4);
        expect(said).toContainEqual({ code: 'LEDGER_UNAVAILABLE', message: 'the journal could not be written' });
      },
    );
  });
});
