import { isSameHost, urlOf } from '../../platform/outbound/address.ts';
import { classifyNetwork, classifyStatus, isJsonType } from '../../platform/outbound/errors/classify.ts';
import { retryAfterMs } from '../../platform/outbound/pace/retry-after.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');
const hourMs = 3_600_000;

describe('the wait that an answer asks for', () => {
  test.each<[name: string, headers: Record<string, string>, expected: number | undefined]>([
    ['nothing', {}, undefined],
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['none', { 'retry-after': '0' }, 0],
    ['a fraction', { 'retry-after': '0.5' }, 500],
    ['minus one', { 'retry-after': '-1' }, undefined],
    ['a year', { 'retry-after': '31536000' }, hourMs],
    ['more digits than a number has', { 'retry-after': '9'.repeat(400) }, hourMs],
    ['words', { 'retry-after': 'later' }, undefined],
    ['nothing in it', { 'retry-after': '' }, undefined],
    ['a date', { 'retry-after': 'Sun, 01 Mar 2026 12:00:30 GMT' }, 30_000],
    ['a date that has passed', { 'retry-after': 'Sun, 01 Mar 2026 11:00:00 GMT' }, 0],
    ['a date in a year', { 'retry-after': 'Mon, 01 Mar 2027 12:00:00 GMT' }, hourMs],
    ['an ISO date, which is none of HTTP', { 'retry-after': '2026-03-01T12:00:30Z' }, undefined],
    [
      'a date of a server whose clock is a day ahead',
      { 'retry-after': 'Mon, 02 Mar 2026 12:00:30 GMT', date: 'Mon, 02 Mar 2026 12:00:00 GMT' },
      30_000,
    ],
  ])('is read from %s', (_name, headers, expected) => {
    expect(retryAfterMs(headers, nowMs)).toBe(expected);
  });
});

describe('a status', () => {
  test.each([200, 201, 204, 207, 400, 404, 409, 412, 413, 422])('%d is given to the connector', (status) => {
    expect(classifyStatus({ status, headers: {}, nowMs })).toBeUndefined();
  });

  test.each([
    [401, 'AUTH_REJECTED', 'none'],
    [402, 'REQUEST_REJECTED', 'none'],
    [403, 'FORBIDDEN', 'none'],
    [405, 'REQUEST_REJECTED', 'none'],
    [407, 'FORBIDDEN', 'none'],
    [408, 'TIMEOUT', 'unknown'],
    [410, 'NOT_FOUND', 'none'],
    [415, 'REQUEST_REJECTED', 'none'],
    [425, 'SERVER_ERROR', 'none'],
    [429, 'RATE_LIMITED', 'none'],
    [500, 'SERVER_ERROR', 'unknown'],
    [502, 'SERVER_ERROR', 'unknown'],
    [503, 'SERVER_ERROR', 'unknown'],
    [504, 'SERVER_ERROR', 'unknown'],
    [304, 'REDIRECT_REFUSED', 'none'],
  ])('%d is %s, with an effect of %s', (status, code, effect) => {
    const verdict = classifyStatus({ status, headers: {}, nowMs });
    expect(verdict).toMatchObject({ code, effect });
    expect(verdict).not.toHaveProperty('retryAfterMs');
  });

  test('503 with Retry-After was refused before anything was done', () => {
    const headers = { 'retry-after': '4' };
    expect(classifyStatus({ status: 503, headers, nowMs })).toMatchObject({
      code: 'SERVER_ERROR',
      effect: 'none',
      retryAfterMs: 4_000,
    });
  });

  test('429 carries the wait', () => {
    const headers = { 'retry-after': '2' };
    expect(classifyStatus({ status: 429, headers, nowMs })).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: 2_000,
    });
  });
});

describe('a network error', () => {
  test.each([
    ['ECONNREFUSED', 'CONNECTION_REFUSED', 'none'],
    ['EHOSTUNREACH', 'CONNECTION_REFUSED', 'none'],
    ['EMFILE', 'CONNECTION_REFUSED', 'none'],
    ['ENOTFOUND', 'DNS_FAILED', 'none'],
    ['EAI_AGAIN', 'DNS_FAILED', 'none'],
    ['ECONNRESET', 'CONNECTION_LOST', 'unknown'],
    ['EPIPE', 'CONNECTION_LOST', 'unknown'],
    ['Z_BUF_ERROR', 'CONNECTION_LOST', 'unknown'],
    ['Z_DATA_ERROR', 'RESPONSE_NOT_JSON', 'unknown'],
    ['HPE_INVALID_CONSTANT', 'RESPONSE_NOT_JSON', 'unknown'],
    ['HPE_HEADER_OVERFLOW', 'RESPONSE_TOO_LARGE', 'unknown'],
    ['CERT_HAS_EXPIRED', 'TLS_FAILED', 'none'],
    ['CERT_NOT_YET_VALID', 'TLS_FAILED', 'none'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_FAILED', 'none'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS_FAILED', 'none'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'TLS_FAILED', 'none'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_FAILED', 'none'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_FAILED', 'none'],
    ['EPROTO', 'TLS_FAILED', 'unknown'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_FAILED', 'unknown'],
    ['ERR_INVALID_CHAR', 'REQUEST_REJECTED', 'none'],
    ['E_NEVER_HEARD_OF', 'INTERNAL', 'unknown'],
  ])('%s is %s, with an effect of %s', (code, expected, effect) => {
    expect(classifyNetwork({ code })).toMatchObject({ code: expected, effect });
  });

  test.each([
    ['lookup', 'none'],
    ['connect', 'none'],
    ['secureConnect', 'none'],
    ['send', 'unknown'],
    ['response', 'unknown'],
    ['socket', 'unknown'],
    ['request', 'unknown'],
  ])('of time in the phase %s has an effect of %s', (phase, effect) => {
    expect(classifyNetwork({ code: 'ETIMEDOUT', phase })).toMatchObject({ code: 'TIMEOUT', effect });
  });

  test('of a certificate names its subject, names and days, with nothing in them that could draw on a terminal', () => {
    const certificate = {
      commonName: 'shop\u001b[2J',
      names: 'DNS:a.example',
      validFrom: 'Mar 1 2024 GMT',
      validTo: 'Mar 1 2025 GMT',
    };
    expect(classifyNetwork({ code: 'CERT_HAS_EXPIRED', certificate }).words).toBe(
      'has a certificate that is not accepted (CERT_HAS_EXPIRED): its subject is shop?[2J, its names are DNS:a.example, it is valid from Mar 1 2024 GMT to Mar 1 2025 GMT',
    );
    expect(classifyNetwork({ code: 'ECONNRESET', certificate }).words).not.toContain('subject');
  });

  test('of time in the system call that connects has no effect', () => {
    expect(classifyNetwork({ code: 'ETIMEDOUT', syscall: 'connect' })).toMatchObject({
      code: 'TIMEOUT',
      effect: 'none',
    });
  });
});

test.each([
  [undefined, true],
  ['application/json', true],
  ['application/json; charset=utf-8', true],
  ['Application/JSON', true],
  ['application/vnd.api+json', true],
  ['text/json', true],
  ['text/plain', true],
  ['text/html', false],
  ['text/html; charset=utf-8', false],
  ['application/xml', false],
  ['application/octet-stream', false],
  ['application/jsonp', false],
])('the content type %s can be JSON: %s', (type, expected) => {
  expect(isJsonType(type)).toBe(expected);
});

describe('the address of a call', () => {
  const base = new URL('https://api.example.com/v2/');
  test.each([
    ['/orders', 'https://api.example.com/v2/orders'],
    ['orders', 'https://api.example.com/v2/orders'],
    ['', 'https://api.example.com/v2'],
    ['/orders?a=1', 'https://api.example.com/v2/orders?a=1'],
    ['//evil.example/x', 'https://api.example.com/v2//evil.example/x'],
    ['https://api.example.com/elsewhere?c=2', 'https://api.example.com/elsewhere?c=2'],
  ])('%s leads to %s', (path, expected) => {
    expect(urlOf(base, { path }).href).toBe(expected);
  });

  test('holds the query, with what needs escaping escaped', () => {
    const query = { filter: 'a="b&c"', page: 2 };
    expect(urlOf(base, { path: '/o?x=1', query }).href).toBe(
      'https://api.example.com/v2/o?x=1&filter=a%3D%22b%26c%22&page=2',
    );
  });

  test.each([
    'https://evil.example/x',
    'http://api.example.com/x',
    'https://api.example.com:8443/x',
    'https://api.example.com.evil.example/x',
    'https://api.example.com@evil.example/x',
  ])('is refused when it is %s', (path) => {
    expect(() => urlOf(base, { path })).toThrow(expect.objectContaining({ code: 'REDIRECT_REFUSED', effect: 'none' }));
  });

  test('may rise from http to https on the same host, and never fall', () => {
    const plain = new URL('http://a.example/');
    const secure = new URL('https://a.example/');
    expect(isSameHost(plain, secure)).toBe(true);
    expect(isSameHost(secure, plain)).toBe(false);
    expect(isSameHost(new URL('http://a.example:8080/'), new URL('https://a.example:8443/'))).toBe(false);
  });
});
