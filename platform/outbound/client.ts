import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { type CallUse, journalOf } from '../../model/connection/call.ts';
import type { Connection } from '../../model/connection/connection.ts';
import type { ReadSecret } from '../../model/connection/secret.ts';
import type { HttpAnswer, HttpCall, HttpClient, Log } from '../../model/connector/connector.ts';
import { addressOf, probePath, routeOf, urlOf } from './address.ts';
import { authenticated } from './auth/auth.ts';
import type { TokenStore } from './auth/oauth/token-store.ts';
import { failureOf, isJsonType, type Verdict } from './errors/classify.ts';
import { sorting } from './errors/error-rules.ts';
import type { Journal } from './journal/journal.ts';
import { journalled } from './journal/journalled.ts';
import { memoryStore, type StateStore } from './limits/state.ts';
import { Pace } from './pace/pace.ts';
import { type Probe, paced } from './pace/paced.ts';
import { type Incoming, type Outgoing, pipeline, placeOf } from './pipeline.ts';
import { guardOf } from './transport/address-guard.ts';
import { exchange } from './transport/exchange.ts';
import type { ExchangeLimits } from './transport/limits.ts';
import { followRedirects } from './transport/redirects.ts';
import { tlsIdentity } from './transport/tls-identity.ts';

export interface HttpDoor {
  readonly connection: Connection;
  readonly readSecret: ReadSecret;
  readonly log: Log;
  readonly clock: { now(): number };
  /** Where OAuth tokens are kept; without it a connection that needs them fails. */
  readonly tokens?: TokenStore | undefined;
  /** What all workers know together of the connection. Default: what this process knows. */
  readonly store?: StateStore | undefined;
  /** Told of the certificate that a host of a connection shows. */
  readonly sawCertificate?: ((connection: string, host: string, validTo: Date) => void) | undefined;
  /** Default: nothing is noted. */
  readonly journal?: Journal | undefined;
}

/** An HttpClient that holds connections open until it is closed. */
export interface OpenHttpClient extends HttpClient {
  request(call: HttpCall, use?: CallUse): Promise<HttpAnswer>;
  close(): void;
}

/**
 * The HTTP door of one connection: every call of every connector goes through it, in this order:
 * redirects, credentials, pace with breaker, journal, exchange; then the answer is sorted. Each is a stage.
 */
export function createHttpClient(door: HttpDoor): OpenHttpClient {
  const { connection, clock } = door;
  const address = addressOf(connection);
  const limits: ExchangeLimits = connection;
  const wire = exchange(limits, {
    guard: guardOf(connection),
    identity: tlsIdentity(door),
    tls: connection.tls,
    sawCertificate: door.sawCertificate && ((host, validTo) => door.sawCertificate?.(connection.name, host, validTo)),
  });
  const pace = paceOf(door);
  const sort = sorting(connection.errors ?? [], () => clock.now());
  const send = pipeline(
    [
      followRedirects,
      authenticated(door),
      paced({
        pace,
        host: address.host,
        probe: probeOf(connection, address),
        sort,
        log: door.log,
        nowMs: () => clock.now(),
      }),
      ...(door.journal && journalOf(connection).enabled ? [journalled(door.journal, connection, clock, sort)] : []),
    ],
    wire.send,
  );
  return {
    async request(call, use) {
      call.signal.throwIfAborted();
      // Calls of one step share its signal: many listeners on it are no leak.
      setMaxListeners(0, call.signal);
      const request = outgoing(address, call, use);
      const startedMs = performance.now();
      const answer = await send(request);
      const ms = Math.round(performance.now() - startedMs);
      const seen = { connection: connection.name, status: answer.status, ms, bytes: answer.body.length };
      door.log.debug(seen, placeOf(request));
      return judged(request, answer, sort(answer));
    },
    close() {
      pace.close();
      wire.close();
    },
  };
}

function paceOf({ connection, clock, store }: HttpDoor): Pace {
  const elapsedMs = () => performance.now();
  return new Pace({
    connection,
    store: store ?? memoryStore(() => performance.timeOrigin + elapsedMs()),
    worker: randomUUID(),
    clock: { now: () => clock.now(), elapsedMs },
  });
}

/** The `probe` of the connection as a call with the credentials of the one that waits for it. */
function probeOf(connection: Connection, address: URL): Probe {
  const path = probePath(connection);
  return ({ headers, signal }) => {
    if (path === undefined) return undefined;
    const url = urlOf(address, { path });
    return { method: 'GET', url, route: routeOf(path, url), headers, signal };
  };
}

function outgoing(address: URL, call: HttpCall, use: CallUse | undefined): Outgoing {
  const url = urlOf(address, call);
  return {
    method: call.method,
    url,
    route: call.route ?? routeOf(call.path, url),
    headers: { accept: 'application/json', ...lowerCased(call.headers ?? {}) },
    ...(call.body === undefined ? {} : { body: call.body }),
    ...(call.keys === undefined ? {} : { keys: call.keys }),
    ...(use === undefined ? {} : { use }),
    signal: call.signal,
  };
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function judged(request: Outgoing, answer: Incoming, verdict: Verdict | undefined): Incoming {
  if (verdict) throw failureOf(placeOf(request), verdict);
  const wantsJson = /json/.test(request.headers['accept'] ?? '') && answer.status < 300 && answer.body.length > 0;
  if (wantsJson && !isJsonType(answer.headers['content-type']))
    throw failureOf(placeOf(request), {
      code: 'RESPONSE_NOT_JSON',
      effect: 'unknown',
      words: 'answered with another content type than JSON: often a login page or a proxy',
    });
  return answer;
}
