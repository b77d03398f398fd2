import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { AuthSpec } from '../../model/connection/auth.ts';
import { authSpec } from '../../model/connection/auth.ts';
import { isSyncFailure } from '../../model/failure/failure.ts';
import { type Ledger, openLedger } from '../../platform/ledger/ledger.ts';
import { sealedTokens, type TokenStore } from '../../platform/outbound/auth/oauth/token-store.ts';
import { createHttpClient } from '../../platform/outbound/client.ts';
import { built } from '../support/built.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type OAuthSystem, startOAuthSystem } from '../support/oauth-system.ts';
import { connectionTo, secretsOf, silentLog } from '../support/tools.ts';
import { json } from '../support/with-server.ts';

const key = Buffer.alloc(32, 7).toString('base64');

let database: TestDatabase;
let ledger: Ledger;
let system: OAuthSystem;

beforeAll(async () => {
  database = await createTestDatabase();
  ledger = await openLedger(database.url);
  system = await startOAuthSystem();
});

afterAll(async () => {
  await system.close();
  await ledger.close();
  await database.drop();
});

const authOf = (more: object): AuthSpec =>
  authSpec.parse({
    kind: 'oauth2',
    clientId: system.clientId,
    clientSecret: { env: 'CLIENT_SECRET' },
    tokenUrl: `${system.issuer}/token`,
    ...more,
  });

const withRefreshToken = { grant: 'refresh-token', refreshToken: { env: 'REFRESH_TOKEN' } };
const withClient = { grant: 'client-credentials', scope: 'orders' };

const tokenStore = (): TokenStore => sealedTokens(ledger.tokens, { SYNCLINE_KEY: key }, '.');

/** One process that uses a connection. A secret has a value before it (`_BEFORE`), and one of a minute ago (`_KNOWN`). */
function doorOf(
  name: string,
  auth: AuthSpec,
  secrets: Readonly<Record<string, string>>,
  { clock = { now: Date.now }, tokens = tokenStore() }: { clock?: { now(): number }; tokens?: TokenStore } = {},
) {
  const http = createHttpClient({
    connection: { ...connectionTo({ address: system.address }, { auth }), name },
    readSecret: async (ref, version = 'known') => {
      const suffix = { previous: '_BEFORE', known: '_KNOWN', latest: '' }[version];
      const value = 'env' in ref ? secrets[ref.env + suffix] : undefined;
      if (version === 'previous' && value === undefined) throw new Error('there is none');
      return value ?? secretsOf(secrets)(ref);
    },
    tokens,
    log: silentLog,
    clock,
  });
  const ask = () =>
    http.request({ method: 'POST', path: '/orders', body: '{}', signal: new AbortController().signal }).then(
      ({ status }) => String(status),
      (error: unknown) => {
        if (isSyncFailure(error)) return `${error.code} ${error.effect}: ${error.message}`;
        throw error;
      },
    );
  return { ask, http, close: http.close };
}

describe('four worker processes with tokens of three seconds and refresh tokens that can be used once', () => {
  const children: ChildProcess[] = [];

  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  function startCaller(auth: AuthSpec, refreshToken: string): { end(): Promise<unknown> } {
    built('platform/outbound/client.js');
    const child = spawn(process.execPath, [join(import.meta.dirname, '../support/oauth-caller.js')], {
      env: {
        PATH: process.env['PATH'],
        CONNECTION: JSON.stringify(connectionTo({ address: system.address }, { auth })),
        DATABASE_URL: database.url,
        SYNCLINE_KEY: key,
        CLIENT_SECRET: system.clientSecret,
        REFRESH_TOKEN: refreshToken,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    return {
      async end() {
        child.stdin.end();
        await once(child, 'close');
        return JSON.parse(out);
      },
    };
  }

  /** Waits, and fails at once when a refresh token was shown a second time. */
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      expect(system.refused).toEqual([]);
      await sleep(20);
    }
  }

  test('are never locked out, renew exactly once for each end of a token, and once when one is withdrawn', async () => {
    const auth = authOf(withRefreshToken);
    const consent = await system.consent();
    const callers = [1, 2, 3, 4].map(() => startCaller(auth, consent));
    // Three tokens come to their end by themselves; the next one lasts.
    await until(() => system.granted.length >= 3);
    system.tokenLifeS = 600;
    await until(() => system.granted.length >= 4);
    const accepted = system.accepted;
    await until(() => system.accepted >= accepted + 40);
    // It is withdrawn while all use it: each of them gets a 401 for the same token.
    await system.revoke([...system.used].at(-1) ?? '');
    await until(() => system.used.size >= 5);
    const ended = await Promise.all(callers.map(({ end }) => end()));

    for (const calls of ended) expect(Object.keys(calls as object)).toEqual(['200']);
    expect(system.refused).toEqual([]);
    // Every token that was granted came into use, so none was asked for by two at once.
    expect(system.granted.length).toBe(system.used.size);
    const gaps = system.granted.slice(1, 4).map((at, index) => at - (system.granted[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(1500);
    const rows = await rowsOf('shop');
    expect(rows).toEqual([{ generation: String(system.granted.length), sealed: expect.any(Buffer) }]);
  }, 150_000);
});

async function rowsOf(connection: string): Promise<readonly { generation: string; sealed: Buffer }[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query('select generation, sealed from syncline.tokens where connection = $1', [
      connection,
    ]);
    return rows;
  } finally {
    await client.end();
  }
}

test('client credentials work from a discovered issuer too, and one token serves many calls', async () => {
  const granted = system.granted.length;
  const auth = authOf({ ...withClient, tokenUrl: undefined, issuer: system.issuer });
  let holds = 0;
  const store = tokenStore();
  const tokens: TokenStore = {
    hold: (connection, work) => {
      holds++;
      return store.hold(connection, work);
    },
  };
  const door = doorOf('discovered', auth, { CLIENT_SECRET: system.clientSecret }, { tokens });
  expect(await Promise.all([1, 2, 3].map(door.ask))).toEqual(['200', '200', '200']);
  // What the system repeats of the token is taken out of its answer.
  const signal = new AbortController().signal;
  const { headers } = await door.http.request({ method: 'GET', path: '/orders', signal });
  expect(headers['x-called-with']).toBe('[redacted]');
  door.close();
  expect(system.granted.length).toBe(granted + 1);
  expect(holds).toBe(1);
});

test('a token endpoint that is down for a moment is retried, and says nothing against the credentials', async () => {
  const consent = await system.consent();
  const door = doorOf('blip', authOf(withRefreshToken), { CLIENT_SECRET: system.clientSecret, REFRESH_TOKEN: consent });
  const answers: [number, string][] = [
    [503, 'SERVER_ERROR'],
    [502, 'SERVER_ERROR'],
  ];
  for (const [status, code] of answers) {
    system.trouble = (_request, response) => json(response, { error: 'canary' }, status);
    expect(await door.ask()).toMatch(new RegExp(`^${code} none: POST \\S+ /token answered ${status}`));
  }
  system.trouble = (request) => request.socket.destroy();
  expect(await door.ask()).toMatch(/^CONNECTION_LOST none: /);
  system.trouble = (_request, response) => json(response, { error: 'temporarily_unavailable' }, 400);
  expect(await door.ask()).toMatch(/^SERVER_ERROR none: .* gives no token at this moment/);
  system.trouble = (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>canary');
  expect(await door.ask()).toMatch(/^RESPONSE_SHAPE none: (?!.*canary)/);
  system.trouble = null;
  expect(await door.ask()).toBe('200');
  door.close();
});

test('a token endpoint that wants fewer calls is waited for', async () => {
  const consent = await system.consent();
  const door = doorOf('fewer', authOf(withRefreshToken), {
    CLIENT_SECRET: system.clientSecret,
    REFRESH_TOKEN: consent,
  });
  system.trouble = (_request, response) => json(response, { error: 'canary' }, 429);
  expect(await door.ask()).toMatch(/^RATE_LIMITED none: POST \S+ \/token answered 429/);
  system.trouble = null;
  door.close();
});

test('a refusal is final, told once for all dependents, and over as soon as the credentials are mended', async () => {
  const secrets = { CLIENT_SECRET: 'wrong-secret', REFRESH_TOKEN: await system.consent() };
  const [one, two] = [1, 2].map(() => doorOf('refused', authOf(withRefreshToken), secrets));
  const refused = system.refused.length;
  expect(await one?.ask()).toMatch(/^AUTH_REJECTED none: .* refused the client \(invalid_client\)/);
  expect(await two?.ask()).toMatch(/^AUTH_REJECTED none: /);
  expect(await one?.ask()).toMatch(/^AUTH_REJECTED none: /);
  expect(system.refused.length).toBe(refused + 1);
  secrets.CLIENT_SECRET = system.clientSecret;
  expect(await two?.ask()).toBe('200');
  expect(await one?.ask()).toBe('200');
  one?.close();
  two?.close();
});

test('a withdrawn consent is refused, and a new one replaces what was kept', async () => {
  const secrets = { CLIENT_SECRET: system.clientSecret, REFRESH_TOKEN: 'never-given' };
  const door = doorOf('consent', authOf(withRefreshToken), secrets);
  expect(await door.ask()).toMatch(/^AUTH_REJECTED none: .* \(invalid_grant\)/);
  secrets.REFRESH_TOKEN = await system.consent();
  expect(await door.ask()).toBe('200');
  door.close();
  // Also where the one before it is valid still.
  secrets.REFRESH_TOKEN = await system.consent();
  const granted = system.granted.length;
  const next = doorOf('consent', authOf(withRefreshToken), secrets);
  expect(await next.ask()).toBe('200');
  next.close();
  expect(system.granted.length).toBe(granted + 1);
});

test('what is shown to the token endpoint is read from its store first, never as it was a minute ago', async () => {
  const secrets = {
    ...{ CLIENT_SECRET: system.clientSecret, CLIENT_SECRET_KNOWN: 'long-replaced' },
    ...{ REFRESH_TOKEN: await system.consent(), REFRESH_TOKEN_KNOWN: 'long-spent' },
  };
  const refused = system.refused.length;
  const door = doorOf('latest', authOf(withRefreshToken), secrets);
  expect(await door.ask()).toBe('200');
  door.close();
  expect(system.refused.length).toBe(refused);
});

test('while the client secret is renewed, the one before is tried where the server still wants it', async () => {
  const secrets = {
    CLIENT_SECRET: 'not-yet-known-there',
    CLIENT_SECRET_BEFORE: system.clientSecret,
    REFRESH_TOKEN: await system.consent(),
  };
  const door = doorOf('overlap', authOf(withRefreshToken), secrets);
  expect(await door.ask()).toBe('200');
  door.close();
});

test('a scope that is not granted is a missing right, not a wrong credential', async () => {
  const door = doorOf('scope', authOf(withClient), { CLIENT_SECRET: system.clientSecret });
  system.trouble = (_request, response) => json(response, { error: 'invalid_scope' }, 400);
  expect(await door.ask()).toMatch(/^FORBIDDEN none: .* \(invalid_scope\)/);
  system.trouble = null;
  door.close();
});

test('a token that could not be stored is not used before it is', async () => {
  const secrets = { CLIENT_SECRET: system.clientSecret, REFRESH_TOKEN: await system.consent() };
  const door = doorOf('unsaved', authOf(withRefreshToken), secrets);
  const [granted, used] = [system.granted.length, system.used.size];
  await ledger.pool.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'full' using errcode = '53100'; end $$;
    create trigger full_disk before update on tokens for each row execute function refuse();`);
  expect(await door.ask()).toMatch(/^LEDGER_UNAVAILABLE none: /);
  expect([system.granted.length, system.used.size]).toEqual([granted + 1, used]);
  await ledger.pool.query('drop trigger full_disk on tokens; drop function refuse()');
  expect(await door.ask()).toBe('200');
  // It was granted once: the refresh token that it came for would not have been taken a second time.
  expect(system.granted.length).toBe(granted + 1);
  door.close();
});

test('tokens lie encrypted, and without the key nobody reads them', async () => {
  const secrets = { CLIENT_SECRET: system.clientSecret, REFRESH_TOKEN: await system.consent() };
  const door = doorOf('sealed', authOf(withRefreshToken), secrets);
  expect(await door.ask()).toBe('200');
  door.close();
  const [row] = await rowsOf('sealed');
  const kept = row?.sealed.toString('latin1') ?? '';
  for (const token of system.used) expect(kept).not.toContain(token);
  const blind = sealedTokens(ledger.tokens, { SYNCLINE_KEY: Buffer.alloc(32, 8).toString('base64') }, '.');
  await expect(blind.hold('sealed', async () => 1)).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_MISSING' });
});
