import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Connection } from '../../model/connection/connection.ts';
import type { HttpCall } from '../../model/connector/connector.ts';
import { isSyncFailure, type SyncFailure } from '../../model/failure/failure.ts';
import type { OpenHttpClient } from '../../platform/outbound/client.ts';
import { exchange } from '../../platform/outbound/transport/exchange.ts';
import { isTooSlow } from '../../platform/outbound/transport/slow-body.ts';
import { hasOpenssl, makeCertificate } from '../support/openssl.ts';
import { connectionTo, doorTo } from '../support/tools.ts';
import { bodyOf, json, listen, type TestServer, withServer } from '../support/with-server.ts';

const call = (more: Partial<HttpCall> = {}): HttpCall => ({
  method: 'GET',
  path: '/orders',
  signal: new AbortController().signal,
  ...more,
});

async function throughDoor<T>(
  address: string,
  work: (http: OpenHttpClient) => Promise<T>,
  more: Partial<Connection> = {},
): Promise<T> {
  const http = doorTo(connectionTo({ address }, more), { TOKEN: 'canary-token', PASSWORD: 'canary-password' });
  try {
    return await work(http);
  } finally {
    http.close();
  }
}

async function failureOf(work: Promise<unknown>): Promise<SyncFailure> {
  const error = await work.then(
    () => new Error('the call did not fail'),
    (reason: unknown) => reason,
  );
  if (!isSyncFailure(error)) throw error;
  return error;
}

/** What a call to a server that answers like this fails with. */
const failureWith = (handle: RequestListener, more: Partial<Connection> = {}, what: Partial<HttpCall> = {}) =>
  withServer(handle, ({ address }) => throughDoor(address, (http) => failureOf(http.request(call(what))), more));

describe('an answer', () => {
  test('is given with its status, headers and bytes', async () => {
    await withServer(
      (_, response) => json(response, { a: 1 }, 201, { 'x-more': 'yes' }),
      async ({ address, requests }) => {
        const answer = await throughDoor(`${address}/v2/`, (http) => http.request(call({ query: { page: 2 } })));
        expect(answer.status).toBe(201);
        expect(answer.headers['x-more']).toBe('yes');
        expect(answer.body.toString()).toBe('{"a":1}');
        expect(requests).toEqual(['GET /v2/orders?page=2']);
      },
    );
  });

  test('is decompressed', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(10_000) });
    await withServer(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync(body));
      },
      async ({ address }) => {
        const answer = await throughDoor(address, (http) => http.request(call()));
        expect(answer.body.toString()).toBe(body);
      },
    );
  });

  test('may be empty', async () => {
    await withServer(
      (_, response) => response.writeHead(204).end(),
      async ({ address }) => {
        const answer = await throughDoor(address, (http) => http.request(call({ method: 'DELETE' })));
        expect(answer).toMatchObject({ status: 204, body: Buffer.alloc(0) });
      },
    );
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('comes to a %s with and without a body', async (method) => {
    await withServer(
      async (request, response) => json(response, { method: request.method, body: await bodyOf(request) }),
      async ({ address }) => {
        await throughDoor(address, async (http) => {
          const full = await http.request(call({ method, body: '{"ü":1}' }));
          expect(JSON.parse(full.body.toString())).toEqual({ method, body: '{"ü":1}' });
          const empty = await http.request(call({ method }));
          expect(JSON.parse(empty.body.toString())).toEqual({ method, body: '' });
        });
      },
    );
  });

  test('comes over one connection, call after call', async () => {
    const ports = new Set<number | undefined>();
    await withServer(
      (request, response) => {
        ports.add(request.socket.remotePort);
        json(response, {});
      },
      ({ address }) =>
        throughDoor(address, async (http) => {
          for (let n = 0; n < 5; n++) await http.request(call());
        }),
    );
    expect(ports.size).toBe(1);
  });

  test('is waited for by many calls of one signal without a listener left behind', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const { signal } = new AbortController();
    await withServer(
      (_, response) => json(response, {}),
      ({ address }) =>
        throughDoor(address, async (http) => {
          for (let n = 0; n < 20; n++) await http.request(call({ signal }));
        }),
    );
    await new Promise(setImmediate);
    process.off('warning', note);
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
  });
});

describe('a failure', () => {
  test('of nobody listening is CONNECTION_REFUSED, without effect', async () => {
    const gone = await withServer(
      (_, response) => json(response, {}),
      async (server) => server,
    );
    const failure = await throughDoor(gone.address, (http) => failureOf(http.request(call({ method: 'POST' }))));
    expect(failure).toMatchObject({ code: 'CONNECTION_REFUSED', effect: 'none' });
  });

  test('of a connection cut before the answer is CONNECTION_LOST, in doubt', async () => {
    const failure = await failureWith((request) => request.socket.destroy(), {}, { method: 'POST', body: '{}' });
    expect(failure).toMatchObject({ code: 'CONNECTION_LOST', effect: 'unknown' });
  });

  test('of a body shorter than its length is CONNECTION_LOST', async () => {
    const failure = await failureWith((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('[1,2', () => response.destroy());
    });
    expect(failure.code).toBe('CONNECTION_LOST');
  });

  test('of a chunked body without its end is CONNECTION_LOST, though what came is JSON', async () => {
    const failure = await failureWith((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('[1,2]', () => response.destroy());
    });
    expect(failure.code).toBe('CONNECTION_LOST');
  });

  test('of a compressed body that is cut is CONNECTION_LOST, with an honest length', async () => {
    const cut = gzipSync(JSON.stringify(Array.from({ length: 1000 }, (_, n) => n))).subarray(0, 200);
    const failure = await failureWith((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(cut);
    });
    expect(failure.code).toBe('CONNECTION_LOST');
  });

  test('of garbled compression is RESPONSE_NOT_JSON', async () => {
    const failure = await failureWith((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end('this is no gzip at all');
    });
    expect(failure.code).toBe('RESPONSE_NOT_JSON');
  });

  test('of no answer is TIMEOUT, in doubt', async () => {
    const failure = await failureWith(() => undefined, { timeoutMs: 150 }, { method: 'POST', body: '{}' });
    expect(failure).toMatchObject({ code: 'TIMEOUT', effect: 'unknown' });
  });

  test('of an answer that trickles is TIMEOUT: a byte now and then does not keep a call alive', async () => {
    const timers: NodeJS.Timeout[] = [];
    const failure = await failureWith(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        timers.push(setInterval(() => response.write(' '), 20));
      },
      { timeoutMs: 300 },
    );
    for (const timer of timers) clearInterval(timer);
    expect(failure.code).toBe('TIMEOUT');
  });

  test.each<[name: string, bytesAtLooks: number[], expected: boolean]>([
    ['nothing yet', [1], false],
    ['little, shorter than the window', [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], false],
    ['nothing for the window', [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], true],
    ['a byte less than the least', [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1000], true],
    ['just the least', [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1001], false],
    ['much once, and nothing since', [0, ...Array<number>(11).fill(9000)], true],
    ['nothing long ago, and enough since', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2000], false],
  ])('of a body that gave %s is too slow or not', (_name, bytesAtLooks, expected) => {
    expect(isTooSlow(bytesAtLooks, { bytesPerSecond: 100, windowMs: 10_000 })).toBe(expected);
  });

  test('of a body that goes on too slowly is TIMEOUT long before the call would end, in doubt, and its connection is closed', async () => {
    const minimumRate = { bytesPerSecond: 10_000, windowMs: 300 };
    const wire = exchange({ timeoutMs: 600_000, maxResponseBytes: 1000, minimumRate });
    let hungUp: Promise<unknown> | undefined;
    await withServer(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(' '), 20);
        hungUp = once(response, 'close').finally(() => clearInterval(timer));
      },
      async ({ address }) => {
        const { method, signal } = call();
        const failure = await failureOf(
          wire.send({ method, url: new URL('/orders', address), route: '/orders', headers: {}, signal }),
        );
        expect(failure).toMatchObject({ code: 'TIMEOUT', effect: 'unknown' });
        expect(failure.message).toContain('/orders gave less than 10000 bytes a second of its answer for 0.3 s');
        await hungUp;
      },
    );
    wire.close();
  });

  test('of a body over the limit is RESPONSE_TOO_LARGE, by its stated length', async () => {
    const failure = await failureWith((_, response) => json(response, 'x'.repeat(2000)), { maxResponseBytes: 1000 });
    expect(failure.code).toBe('RESPONSE_TOO_LARGE');
  });

  test('of an endless body is RESPONSE_TOO_LARGE', async () => {
    let sent = 0;
    const failure = await failureWith(
      (_, response) => {
        const more = (): void => {
          sent += 65_536;
          if (!response.destroyed) response.write(Buffer.alloc(65_536, 32), more);
        };
        response.writeHead(200, { 'content-type': 'application/json' });
        more();
      },
      { maxResponseBytes: 1_000_000 },
    );
    expect(failure.code).toBe('RESPONSE_TOO_LARGE');
    expect(sent).toBeLessThan(50_000_000);
  });

  test('of a compressed bomb is RESPONSE_TOO_LARGE', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    const failure = await failureWith(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(bomb);
      },
      { maxResponseBytes: 100_000 },
    );
    expect(failure.code).toBe('RESPONSE_TOO_LARGE');
  });

  test('of HTML instead of JSON is RESPONSE_NOT_JSON', async () => {
    const failure = await failureWith((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html>Sign in, canary-person</html>');
    });
    expect(failure.code).toBe('RESPONSE_NOT_JSON');
    expect(failure.message).not.toContain('canary');
  });

  test('of something that is not HTTP is RESPONSE_NOT_JSON', async () => {
    const tcp = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const address = tcp.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      const failure = await throughDoor(`http://127.0.0.1:${port}`, (http) => failureOf(http.request(call())));
      expect(failure.code).toBe('RESPONSE_NOT_JSON');
    } finally {
      tcp.close();
    }
  });

  test('names method, host and route, and neither query, secret, key nor body', async () => {
    const failure = await failureWith(
      (_, response) => json(response, { error: 'canary-body' }, 500),
      { auth: { kind: 'bearer', token: { env: 'TOKEN' } } },
      { path: '/orders/canary-key', route: '/orders/{key}', query: { q: 'canary-query' } },
    );
    expect(failure.message).toMatch(/^GET 127\.0\.0\.1:\d+ \/orders\/\{key\} answered 500\.$/);
    expect(JSON.stringify([failure, failure.message, failure.cause, failure.stack])).not.toContain('canary');
  });

  test('without a route names the path without its query', async () => {
    const failure = await failureWith((_, response) => json(response, {}, 500), {}, { path: '/orders?q=canary' });
    expect(failure.message).toContain('/orders answered');
    expect(failure.message).not.toContain('canary');
  });
});

describe('a signal', () => {
  test('ends a call that waits for its answer, with its own reason', async () => {
    const stop = new AbortController();
    const reason = new Error('the run was cancelled');
    await withServer(
      () => stop.abort(reason),
      ({ address }) =>
        throughDoor(address, async (http) => {
          await expect(http.request(call({ signal: stop.signal }))).rejects.toBe(reason);
        }),
    );
  });

  test('ends a call whose answer has begun', async () => {
    const stop = new AbortController();
    const reason = new Error('the run was cancelled');
    await withServer(
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('[', () => stop.abort(reason));
      },
      ({ address }) =>
        throughDoor(address, async (http) => {
          await expect(http.request(call({ signal: stop.signal }))).rejects.toBe(reason);
        }),
    );
  });

  test('given before keeps the call from being sent', async () => {
    await withServer(
      (_, response) => json(response, {}),
      async ({ address, requests }) => {
        const signal = AbortSignal.abort(new Error('too late'));
        await throughDoor(address, (http) => expect(http.request(call({ signal }))).rejects.toThrow('too late'));
        expect(requests).toEqual([]);
      },
    );
  });
});

describe('a redirect', () => {
  const redirect = (status: number, location: (address: string) => string) => {
    let self: TestServer | undefined;
    return {
      handle: ((request, response) => {
        if (request.url === '/orders') response.writeHead(status, { location: location(self?.address ?? '') }).end();
        else json(response, { method: request.method });
      }) satisfies RequestListener,
      know: (server: TestServer) => {
        self = server;
      },
    };
  };

  test.each([301, 302, 303, 307, 308])(
    '%d on the same host is followed by a read, credentials and all',
    async (status) => {
      const { handle, know } = redirect(status, () => '/moved');
      const seen: (string | undefined)[] = [];
      await withServer(
        (request, response) => {
          seen.push(request.headers.authorization);
          handle(request, response);
        },
        (server) => {
          know(server);
          const auth = { kind: 'bearer', token: { env: 'TOKEN' } } as const;
          return throughDoor(
            server.address,
            async (http) => void expect((await http.request(call())).status).toBe(200),
            {
              auth,
            },
          );
        },
      );
      expect(seen).toEqual(['Bearer canary-token', 'Bearer canary-token']);
    },
  );

  test.each([307, 308])('%d keeps the method and body of a write', async (status) => {
    const bodies: string[] = [];
    await withServer(
      async (request, response) => {
        bodies.push(`${request.method} ${await bodyOf(request)}`);
        if (request.url === '/orders') response.writeHead(status, { location: '/moved' }).end();
        else json(response, {});
      },
      ({ address }) => throughDoor(address, (http) => http.request(call({ method: 'POST', body: '{"a":1}' }))),
    );
    expect(bodies).toEqual(['POST {"a":1}', 'POST {"a":1}']);
  });

  test.each([301, 302, 303])('%d of a write is refused, as it would become a read', async (status) => {
    const { handle } = redirect(status, () => '/moved');
    const failure = await failureWith(handle, {}, { method: 'POST', body: '{}' });
    expect(failure).toMatchObject({ code: 'REDIRECT_REFUSED', effect: 'unknown' });
  });

  test('to another host is refused before anything is sent there', async () => {
    await withServer(
      (_, response) => json(response, {}),
      async (other) => {
        const { handle } = redirect(302, () => `${other.address}/steal?canary=1`);
        const failure = await failureWith(handle, { auth: { kind: 'bearer', token: { env: 'TOKEN' } } });
        expect(failure.code).toBe('REDIRECT_REFUSED');
        expect(failure.message).not.toContain('canary');
        expect(other.requests).toEqual([]);
      },
    );
  });

  test('in a circle ends after five', async () => {
    await withServer(
      (request, response) => response.writeHead(302, { location: `${request.url}x` }).end(),
      async ({ address, requests }) => {
        const failure = await throughDoor(address, (http) => failureOf(http.request(call())));
        expect(failure.code).toBe('REDIRECT_REFUSED');
        expect(requests.length).toBe(6);
      },
    );
  });
});

describe('credentials', () => {
  const seenWith = async (auth: NonNullable<Connection['auth']>): Promise<Record<string, unknown>> => {
    let headers: Record<string, unknown> = {};
    await withServer(
      (request, response) => {
        headers = request.headers;
        json(response, {});
      },
      ({ address }) => throughDoor(address, (http) => http.request(call()), { auth }),
    );
    return headers;
  };

  test('of kind bearer, basic and api-key stand in their header', async () => {
    expect(await seenWith({ kind: 'bearer', token: { env: 'TOKEN' } })).toMatchObject({
      authorization: 'Bearer canary-token',
    });
    expect(await seenWith({ kind: 'basic', username: 'zoë', password: { env: 'PASSWORD' } })).toMatchObject({
      authorization: `Basic ${Buffer.from('zoë:canary-password').toString('base64')}`,
    });
    expect(await seenWith({ kind: 'api-key', header: 'X-Api-Key', value: { env: 'TOKEN' } })).toMatchObject({
      'x-api-key': 'canary-token',
    });
  });

  test('that a header cannot carry are named by their connection, not by their value', async () => {
    const http = doorTo(
      connectionTo({ address: 'http://127.0.0.1:9' }, { auth: { kind: 'bearer', token: { env: 'T' } } }),
      {
        T: 'canary\nline',
      },
    );
    const failure = await failureOf(http.request(call()));
    http.close();
    expect(failure.code).toBe('SECRET_MISSING');
    expect(failure.message).toContain('shop');
    expect(failure.message).not.toContain('canary');
  });

  test('are read anew for every call, so that a rotated secret is used at once', async () => {
    const secrets = { T: 'old' };
    const seen: (string | undefined)[] = [];
    await withServer(
      (request, response) => {
        seen.push(request.headers.authorization);
        json(response, {});
      },
      async ({ address }) => {
        const http = doorTo(connectionTo({ address }, { auth: { kind: 'bearer', token: { env: 'T' } } }), secrets);
        await http.request(call());
        secrets.T = 'new';
        await http.request(call());
        http.close();
      },
    );
    expect(seen).toEqual(['Bearer old', 'Bearer new']);
  });
});

describe('TLS', () => {
  const tlsTest = hasOpenssl ? test : test.skip;
  tlsTest(
    `refuses a certificate that nobody vouches for${hasOpenssl ? '' : ' (no openssl here to make one)'}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'syncline-tls-'));
      try {
        const { pems } = makeCertificate(folder, 'localhost');
        const server = createTlsServer(pems, (_, response) => json(response, {}));
        const { port, close } = await listen(server);
        const failure = await throughDoor(`https://127.0.0.1:${port}`, (http) => failureOf(http.request(call())));
        await close();
        expect(failure).toMatchObject({ code: 'TLS_FAILED', effect: 'none' });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  test('with a server that speaks none is TLS_FAILED', async () => {
    await withServer(
      (_, response) => json(response, {}),
      async ({ port }) => {
        const failure = await throughDoor(`https://127.0.0.1:${port}`, (http) => failureOf(http.request(call())));
        expect(failure.code).toBe('TLS_FAILED');
      },
    );
  });
});
