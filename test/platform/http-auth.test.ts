import type { AuthSpec } from '../../model/connection/auth.ts';
import { authSpec } from '../../model/connection/auth.ts';
import type { ReadSecret, SecretVersion } from '../../model/connection/secret.ts';
import type { HttpCall } from '../../model/connector/connector.ts';
import { isSyncFailure, SyncFailure } from '../../model/failure/failure.ts';
import { type Moment, signed } from '../../platform/outbound/auth/hmac-auth.ts';
import { createHttpClient } from '../../platform/outbound/client.ts';
import type { Outgoing } from '../../platform/outbound/pipeline.ts';
import { withoutCredential } from '../../platform/outbound/redact-credential.ts';
import { connectionTo, doorTo, silentLog } from '../support/tools.ts';
import { json, withServer } from '../support/with-server.ts';

const call = (more: Partial<HttpCall> = {}): HttpCall => ({
  method: 'GET',
  path: '/orders',
  signal: new AbortController().signal,
  ...more,
});

const inQuery: AuthSpec = { kind: 'api-key', query: 'api_key', value: { env: 'KEY' } };

test('a key in the query goes into every address and into no message', async () => {
  await withServer(
    (_, response) => json(response, {}, 500),
    async ({ address, requests }) => {
      const http = doorTo(connectionTo({ address }, { auth: inQuery }), { KEY: 'canary key&=' });
      const failure: unknown = await http.request(call({ query: { page: 2 } })).catch((error: unknown) => error);
      http.close();
      expect(requests).toEqual(['GET /orders?page=2&api_key=canary+key%26%3D']);
      expect(failure).toMatchObject({ code: 'SERVER_ERROR' });
      expect(String(failure)).not.toContain('canary');
    },
  );
});

test('a key that a system repeats, in a next link, a header or an error, is removed from its answer', async () => {
  const key = 'canary-of-0123456789';
  await withServer(
    ({ url = '' }, response) => {
      const page = new URL(url, 'http://x').searchParams.get('page') ?? '1';
      const next = page === '1' ? `/orders?api_key=${key}&page=2` : null;
      json(response, { page, next, key: new URL(url, 'http://x').searchParams.get('api_key') === key }, 200, {
        link: `</orders?api_key=${key}>; rel="self"`,
      });
    },
    async ({ address, requests }) => {
      const http = doorTo(connectionTo({ address }, { auth: inQuery }), { KEY: key });
      const first = await http.request(call());
      const { next }: { next: string } = JSON.parse(first.body.toString());
      expect(next).toBe('/orders?api_key=[redacted]&page=2');
      expect(first.headers['link']).toBe('</orders?api_key=[redacted]>; rel="self"');
      const second = await http.request(call({ path: next }));
      http.close();
      expect(JSON.parse(second.body.toString())).toEqual({ page: '2', next: null, key: true });
      expect(requests).toEqual([`GET /orders?api_key=${key}`, `GET /orders?api_key=${key}&page=2`]);
    },
  );
});

describe('what a system repeats of a credential', () => {
  const answer = (text: string, headers: Record<string, string> = {}) => ({
    ...{ status: 200, headers },
    body: Buffer.from(text),
  });
  const credential = 'canary/of "0123456789"';

  test('is removed as it is, as an address writes it, and as JSON does', () => {
    const said = `a ${credential} b ${encodeURIComponent(credential)} c ${JSON.stringify(credential)}`;
    const { body, headers } = withoutCredential(answer(said, { link: encodeURIComponent(credential) }), credential);
    expect(body.toString()).toBe('a [redacted] b [redacted] c "[redacted]"');
    expect(headers).toEqual({ link: '[redacted]' });
  });

  test('is left alone where it is so short that it may be a word of the data', () => {
    const said = answer('the token is fifteen-letters');
    expect(withoutCredential(said, 'fifteen-letters')).toBe(said);
  });

  test('is removed among bytes that are no text, which stay as they are', () => {
    const body = Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), Buffer.from(credential), Buffer.from([0x80])]);
    expect(withoutCredential({ ...answer(''), body }, credential).body).toEqual(
      Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), Buffer.from('[redacted]'), Buffer.from([0x80])]),
    );
  });
});

/** A secret in a store: what it holds now, what it held before, and what this process believes. */
interface Stored {
  known?: string;
  latest?: string;
  previous?: string;
}

const readFrom =
  (stored: Stored, reads: SecretVersion[]): ReadSecret =>
  async (_ref, version = 'known') => {
    reads.push(version);
    const value = stored[version];
    if (value === undefined) throw new SyncFailure('SECRET_MISSING', `no ${version} value`, { effect: 'none' });
    return value;
  };

async function withBearer(
  stored: Stored,
  accepted: Set<string>,
  work: (ask: () => Promise<number | string>, seen: string[], reads: SecretVersion[]) => Promise<void>,
): Promise<void> {
  const seen: string[] = [];
  const reads: SecretVersion[] = [];
  await withServer(
    (request, response) => {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
      seen.push(token);
      json(response, {}, accepted.has(token) ? 200 : 401);
    },
    async ({ address }) => {
      const connection = connectionTo({ address }, { auth: { kind: 'bearer', token: { env: 'T' } } });
      const http = createHttpClient({ connection, readSecret: readFrom(stored, reads), log: silentLog, clock: Date });
      const ask = () =>
        http.request(call({ method: 'POST', body: '{}' })).then(
          ({ status }) => status,
          (error: unknown) => (isSyncFailure(error) ? error.code : String(error)),
        );
      try {
        await work(ask, seen, reads);
      } finally {
        http.close();
      }
    },
  );
}

test('a secret that was renewed is read again on a 401, and the one call is sent again', async () => {
  const stored: Stored = { known: 'old', latest: 'new' };
  await withBearer(stored, new Set(['new']), async (ask, seen) => {
    expect(await ask()).toBe(200);
    expect(seen).toEqual(['old', 'new']);
  });
});

test('while the other side has not taken the new secret, the one before is used, and first from then on', async () => {
  const stored: Stored = { known: 'new', latest: 'new', previous: 'old' };
  const accepted = new Set(['old']);
  await withBearer(stored, accepted, async (ask, seen) => {
    expect(await ask()).toBe(200);
    expect(await ask()).toBe(200);
    expect(seen).toEqual(['new', 'old', 'old']);
    accepted.clear();
    accepted.add('new');
    expect(await ask()).toBe(200);
    delete stored.previous;
    expect(await ask()).toBe(200);
    expect(seen.slice(3)).toEqual(['old', 'new', 'new']);
  });
});

test('no value is tried twice for one call, and the last 401 is final', async () => {
  await withBearer({ known: 'a', latest: 'a', previous: 'b' }, new Set(), async (ask, seen) => {
    expect(await ask()).toBe('AUTH_REJECTED');
    expect(seen).toEqual(['a', 'b']);
  });
  await withBearer({ known: 'a', latest: 'a' }, new Set(), async (ask, seen) => {
    expect(await ask()).toBe('AUTH_REJECTED');
    expect(seen).toEqual(['a']);
  });
  await withBearer({}, new Set(), async (ask, seen) => {
    expect(await ask()).toBe('SECRET_MISSING');
    expect(seen).toEqual([]);
  });
});

test.each([
  ['Bearer error="insufficient_scope", scope="orders:write orders:read"', 'lack the scope orders:write orders:read'],
  ['Bearer error="insufficient_scope", scope="<script>"', 'answered 403'],
  ['Basic realm="canary"', 'answered 403'],
])('a 403 with %j says: %s', async (challenge, says) => {
  await withServer(
    (_, response) => json(response, {}, 403, { 'www-authenticate': challenge }),
    async ({ address }) => {
      const auth: AuthSpec = { kind: 'bearer', token: { env: 'T' } };
      const http = doorTo(connectionTo({ address }, { auth }), { T: 'x' });
      const failure: unknown = await http.request(call()).catch((error: unknown) => error);
      http.close();
      expect(failure).toMatchObject({ code: 'FORBIDDEN', effect: 'none', message: expect.stringContaining(says) });
      expect(String(failure)).not.toMatch(/canary|script/);
    },
  );
});

const hmacOf = (spec: object) => {
  const parsed = authSpec.parse({ kind: 'hmac', secret: { env: 'S' }, ...spec });
  if (parsed.kind !== 'hmac') throw new Error('not hmac');
  return parsed;
};

const request = (method: Outgoing['method'], url: string, more: Partial<Outgoing> = {}): Outgoing => ({
  method,
  url: new URL(url),
  route: '/',
  headers: {},
  signal: new AbortController().signal,
  ...more,
});

const at = (nowMs: number): Moment => ({ nowMs, nonce: '00' });

// Three published examples: what a connection declares has to give the very signature that their pages print.

test('signs the example of RFC 9421, B.2.5', () => {
  const input = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"';
  const spec = hmacOf({
    secretEncoding: 'base64',
    encoding: 'base64',
    signs: `"date": {header date}\n"@authority": {host}\n"content-type": {header content-type}\n"@signature-params": ${input}`,
    headers: { 'Signature-Input': `sig-b25=${input}`, Signature: 'sig-b25=:{signature}:' },
  });
  const secret = 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==';
  const headers = { date: 'Tue, 20 Apr 2021 02:07:55 GMT', 'content-type': 'application/json' };
  const sent = signed(
    request('POST', 'https://example.com/foo?param=Value&Pet=dog', { headers, body: '{"hello": "world"}' }),
    spec,
    secret,
    at(1_618_884_475_000),
  );
  expect(sent.headers['signature']).toBe('sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:');
});

test('signs the example of CKEditor Cloud Services: method, path, query, timestamp and body', () => {
  const spec = hmacOf({
    signs: '{method}{pathAndQuery}{timestamp}{body}',
    timestamp: 'milliseconds',
    headers: { 'X-CS-Signature': '{signature}', 'X-CS-Timestamp': '{timestamp}' },
  });
  const sent = signed(
    request('POST', 'http://demo.example.com/webhook?a=1', { body: '{"a":1}' }),
    spec,
    'SECRET',
    at(1_563_276_169_752),
  );
  expect(sent.headers).toEqual({
    'x-cs-signature': '56ac656c7f932c5b775be28949e90af9a2356eae2826539f10ab6526a0eec762',
    'x-cs-timestamp': '1563276169752',
  });
});

test('signs the example of Binance: the query, with the signature as its last part', () => {
  const query =
    'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559';
  const spec = hmacOf({ signs: '{query}{body}', headers: {}, query: { signature: '{signature}' } });
  const secret = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j';
  const sent = signed(request('POST', `https://api.example.com/api/v3/order?${query}`), spec, secret, at(0));
  expect(sent.url.search).toBe(`?${query}&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71`);
});

test('fills every field of a template, and gives each request its own time and nonce', async () => {
  const spec = hmacOf({
    keyId: 'me',
    signs: '{method} {path}',
    timestamp: 'iso',
    headers: { 'X-All': '{keyId} {url} {query} {timestamp} {nonce} {bodyHash} {header accept} {header absent}|' },
  });
  const sent = signed(request('GET', 'https://h.test/a%20b?c=d', { headers: { accept: 'x/y' } }), spec, 's', at(0));
  expect(sent.headers['x-all']).toBe(
    'me https://h.test/a%20b?c=d c=d 1970-01-01T00:00:00.000Z 00 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 x/y |',
  );
  const nonces = new Set<unknown>();
  await withServer(
    ({ headers }, response) => {
      nonces.add(headers['x-nonce']);
      json(response, {});
    },
    async ({ address }) => {
      const auth = hmacOf({ signs: '{nonce}', headers: { 'X-Nonce': '{nonce} {signature}' } });
      const http = doorTo(connectionTo({ address }, { auth }), { S: 'secret' });
      await http.request(call());
      await http.request(call());
      http.close();
    },
  );
  expect(nonces.size).toBe(2);
});
