import type { Connection } from '../../model/connection/connection.ts';
import type { HttpCall } from '../../model/connector/connector.ts';
import type { OpenHttpClient } from '../../platform/outbound/client.ts';
import { connectionTo, doorTo } from '../support/tools.ts';
import { bodyOf, json, startServer } from '../support/with-server.ts';

const auth: NonNullable<Connection['auth']> = {
  kind: 'session',
  path: '/login',
  body: { identity: 'engine', password: { env: 'PASSWORD' } },
  token: '/data/token',
  header: 'Authorization',
  prefix: 'Session ',
};

const call = (): HttpCall => ({ method: 'GET', path: '/orders', signal: new AbortController().signal });

interface Office {
  /** Tokens that are valid now. */
  readonly valid: Set<string>;
  readonly requests: readonly string[];
  readonly logins: unknown[];
  /** What the next logins are answered with instead. */
  refuseLogins?: { status: number; body: unknown };
  readonly http: OpenHttpClient;
}

/** A system with sessions: each login gives a new token, and a call needs one that is valid. */
async function withOffice(work: (office: Office) => Promise<void>, more = ''): Promise<void> {
  const valid = new Set<string>();
  const logins: unknown[] = [];
  const server = await startServer(async (request, response) => {
    if (request.url === '/login') {
      logins.push(JSON.parse(await bodyOf(request)));
      if (office.refuseLogins) return json(response, office.refuseLogins.body, office.refuseLogins.status);
      const token = `token-${logins.length}${more}`;
      valid.add(token);
      return json(response, { data: { token } });
    }
    const token = request.headers.authorization?.replace('Session ', '') ?? '';
    return valid.has(token) ? json(response, { token }) : json(response, {}, 401);
  });
  const http = doorTo(connectionTo({ address: server.address }, { auth }), { PASSWORD: 'canary' });
  const office: Office = { valid, requests: server.requests, logins, http };
  try {
    await work(office);
  } finally {
    http.close();
    await server.close();
  }
}

test('one login serves many calls at once and after', async () => {
  await withOffice(async ({ http, logins }) => {
    await Promise.all([1, 2, 3, 4].map(() => http.request(call())));
    await http.request(call());
    expect(logins).toEqual([{ identity: 'engine', password: 'canary' }]);
  });
});

test('a token that the system repeats is removed from its answer', async () => {
  await withOffice(async ({ http }) => {
    expect((await http.request(call())).body.toString()).toBe('{"token":"[redacted]"}');
  }, '-of-a-long-session');
});

test('an expired session is renewed once for all calls under way, and each is replayed once', async () => {
  await withOffice(async ({ http, valid, logins, requests }) => {
    await http.request(call());
    valid.clear();
    const before = requests.length;
    const answers = await Promise.all([1, 2, 3].map(() => http.request(call())));
    expect(answers.map(({ body }) => body.toString())).toEqual(Array(3).fill('{"token":"token-2"}'));
    expect(logins.length).toBe(2);
    expect(requests.slice(before).filter((line) => line === 'GET /orders').length).toBe(6);
  });
});

test('a session that is refused right after its login is AUTH_REJECTED, without a third try', async () => {
  await withOffice(async ({ http, valid, logins, requests }) => {
    valid.add = () => valid;
    await expect(http.request(call())).rejects.toMatchObject({ code: 'AUTH_REJECTED', effect: 'none' });
    expect(logins.length).toBe(2);
    expect(requests.filter((line) => line === 'GET /orders').length).toBe(2);
  });
});

test.each([
  [400, 'AUTH_REJECTED'],
  [401, 'AUTH_REJECTED'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [500, 'SERVER_ERROR'],
])('a login answered %d is %s; the call itself was never sent', async (status, code) => {
  await withOffice(async (office) => {
    office.refuseLogins = { status, body: { message: 'canary is wrong' } };
    const failure = await office.http.request(call()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, effect: 'none' });
    expect(String(failure)).not.toContain('canary');
    expect(office.requests).toEqual(['POST /login']);
  });
});

test('a login without a token where the connection says is RESPONSE_SHAPE', async () => {
  await withOffice(async (office) => {
    office.refuseLogins = { status: 200, body: { token: 'canary' } };
    const failure = await office.http.request(call()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'RESPONSE_SHAPE', effect: 'none' });
    expect(String(failure)).not.toContain('canary');
  });
});

test('a failed login is forgotten: the next call logs in again', async () => {
  await withOffice(async (office) => {
    office.refuseLogins = { status: 500, body: {} };
    await expect(office.http.request(call())).rejects.toMatchObject({ code: 'SERVER_ERROR' });
    delete office.refuseLogins;
    expect((await office.http.request(call())).status).toBe(200);
  });
});
