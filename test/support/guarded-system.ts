import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, json, startServer } from './with-server.ts';

/** What each part of the system accepts at the moment. A test changes it as a system's owner would. */
export interface Accepted {
  apiKey: string;
  basic: string;
  signingKey: string;
  bearer: string;
  password: string;
}

export interface GuardedSystem {
  readonly address: string;
  readonly accepted: Accepted;
  /** Called after each record that was stored. */
  onStored: (stored: number) => void;
  /** How often each record was stored, by part and id. */
  readonly stored: ReadonlyMap<string, number>;
  /** Idempotency keys of writes that were refused with 401, and of those that were stored. */
  readonly refusedKeys: readonly string[];
  readonly storedKeys: readonly string[];
  close(): Promise<void>;
}

const RECORDS = 6;
const PAGE = 3;

/**
 * A system that wants to know who calls, in five ways, and is careless: whatever it refuses or lists, it repeats the
 * credentials that it was shown, in bodies, in headers and in the address of the next page.
 */
export async function startGuardedSystem(accepted: Accepted): Promise<GuardedSystem> {
  const stored = new Map<string, number>();
  const refusedKeys: string[] = [];
  const storedKeys: string[] = [];
  let sessions = 0;

  const server = await startServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://system.test');
    const body = await bodyOf(request);
    const [, part = '', thing = ''] = url.pathname.split('/');
    if (thing === 'login') return logIn(body, response);
    if (!isLetIn(part, request, url)) return refuse(request, url, response);
    return request.method === 'POST' ? store(part, request, body, response) : list(url, response);
  });

  function isLetIn(part: string, { headers, method }: IncomingMessage, url: URL): boolean {
    const { authorization = '' } = headers;
    switch (part) {
      case 'query':
        return url.searchParams.get('api_key') === accepted.apiKey;
      case 'basic':
        return authorization === `Basic ${Buffer.from(`me:${accepted.basic}`).toString('base64')}`;
      case 'signed':
        return headers['x-signature'] === signatureOf(`${method} ${url.pathname}${url.search}`);
      case 'bearer':
        return authorization === `Bearer ${accepted.bearer}`;
      default:
        return authorization === `Session ${sessionToken()}`;
    }
  }

  const signatureOf = (text: string): string => createHmac('sha256', accepted.signingKey).update(text).digest('hex');
  const sessionToken = (): string => `canary-session-token-${accepted.password}-${sessions}`;

  function refuse({ headers, url: address }: IncomingMessage, url: URL, response: ServerResponse): void {
    const key = headers['idempotency-key'];
    if (typeof key === 'string') refusedKeys.push(key);
    const shown = { ...headers, address, key: url.searchParams.get('api_key') };
    const echo = String(headers.authorization ?? url.searchParams.get('api_key') ?? 'none');
    json(response, { message: `not accepted: ${echo}`, shown }, 401, { 'x-shown': echo });
  }

  function logIn(body: string, response: ServerResponse): void {
    const { password }: { password?: string } = JSON.parse(body);
    if (password === accepted.password) sessions++;
    if (password === accepted.password) json(response, { token: sessionToken(), welcome: password });
    else json(response, { message: `wrong: ${password}`, body }, 401);
  }

  function list(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('from') ?? '0');
    const records = Array.from({ length: PAGE }, (_, n) => ({ id: `r${from + n}`, text: `text ${from + n}` }));
    const further = new URLSearchParams(url.searchParams);
    further.set('from', String(from + PAGE));
    const next = from + PAGE < RECORDS ? `${url.pathname}?${further}` : null;
    json(response, { records, next }, 200, { link: `<${next}>; rel="next"` });
  }

  function store(part: string, request: IncomingMessage, body: string, response: ServerResponse): void {
    const { id }: { id?: string } = JSON.parse(body);
    const key = `${part} ${id}`;
    stored.set(key, (stored.get(key) ?? 0) + 1);
    storedKeys.push(String(request.headers['idempotency-key']));
    json(response, { id, by: request.headers.authorization }, 201);
    system.onStored(storedKeys.length);
  }

  const system: GuardedSystem = {
    address: server.address,
    accepted,
    onStored: () => {},
    stored,
    refusedKeys,
    storedKeys,
    close: server.close,
  };
  return system;
}
