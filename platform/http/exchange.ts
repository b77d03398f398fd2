import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { TLSSocket } from 'node:tls';
import { type Delays, got, TimeoutError } from 'got';
import { type CallTiming, callTiming } from '../../model/call.ts';
import type { TlsRules } from '../../model/connection.ts';
import { errorCode } from '../../model/error-code.ts';
import type { SyncFailure } from '../../model/failure.ts';
import { authoritiesOf } from './authorities.ts';
import { classifyNetwork, failureOf, type Verdict } from './classify.ts';
import { ADDRESS_REFUSED, type Guard } from './guard.ts';
import { noteCertificate, type PeerCertificate } from './peer-certificate.ts';
import { type Incoming, type Outgoing, placeOf, type Send } from './pipeline.ts';
import { MINIMUM_RATE, type MinimumRate, watchRate } from './slow-body.ts';

export interface ExchangeLimits {
  /** From the first byte sent to the last received. */
  readonly timeoutMs: number;
  /** The largest body read, decompressed. */
  readonly maxResponseBytes: number;
  /** Of a body under way. Default: MINIMUM_RATE. */
  readonly minimumRate?: MinimumRate;
}

/** Who we are in a TLS handshake: certificate and key as PEM, read anew for each call, as they are renewed. */
export type TlsIdentity = () => Promise<{
  readonly certificate: string;
  readonly key: string;
  readonly passphrase?: string;
}>;

/** How the exchanges of a connection reach the other side. */
export interface Wire {
  /** Which addresses may be reached. Without it: any. */
  readonly guard?: Guard | undefined;
  readonly identity?: TlsIdentity | undefined;
  readonly tls?: TlsRules | undefined;
  /** Told of the certificate of each new connection: the host that showed it, and when it ends. */
  readonly sawCertificate?: ((host: string, validTo: Date) => void) | undefined;
}

export interface Exchange {
  readonly send: Send;
  /** Ends idle connections. */
  close(): void;
}

/** A server that closes idle connections does so after 5 s or more: ours are given up before. */
const IDLE_CONNECTION_MS = 4_000;
const CONNECT_MS = 10_000;

/**
 * One request and one answer over got, with connections kept alive. No retries, no redirects, every phase bounded,
 * the body cut at its limit while it arrives. Throws SyncFailure, or the reason of the signal.
 */
export function exchange(limits: ExchangeLimits, wire: Wire = {}): Exchange {
  const { guard, identity, tls } = wire;
  const kept = { keepAlive: true, timeout: IDLE_CONNECTION_MS };
  const agent = {
    http: new HttpAgent({ ...kept, ...(guard && { lookup: guard.lookup.http }) }),
    https: new HttpsAgent({ ...kept, ...(guard && { lookup: guard.lookup.https }) }),
  };
  const authorities = authoritiesOf(tls?.caFile);
  const client = got.extend({
    agent,
    retry: { limit: 0 },
    throwHttpErrors: false,
    followRedirect: false,
    decompress: true,
    timeout: phases(limits.timeoutMs),
    headers: { 'user-agent': 'syncline' },
  });
  return {
    async send(request) {
      request.signal.throwIfAborted();
      guard?.check(request);
      const https = {
        ...(await identity?.()),
        ...(await authorities()),
        ...(tls?.minVersion && { minVersion: `TLSv${tls.minVersion}` as const }),
      };
      const stream = client.stream(request.url, { ...optionsOf(request), https });
      if (wire.sawCertificate) look(stream, request.url.host, wire.sawCertificate);
      return receive(stream, request, limits);
    },
    close() {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
}

const looked = new WeakSet<TLSSocket>();

/** Reads the certificate of a connection once. */
function look(stream: GotStream, host: string, saw: (host: string, validTo: Date) => void): void {
  stream.on('response', ({ socket }: { readonly socket: unknown }) => {
    if (!(socket instanceof TLSSocket) || looked.has(socket)) return;
    looked.add(socket);
    const validTo = new Date(socket.getPeerCertificate().valid_to);
    if (!Number.isNaN(validTo.getTime())) saw(host, validTo);
  });
}

function phases(timeoutMs: number): Delays {
  const connectMs = Math.min(CONNECT_MS, timeoutMs);
  return {
    lookup: connectMs,
    connect: connectMs,
    secureConnect: connectMs,
    socket: timeoutMs,
    send: timeoutMs,
    response: timeoutMs,
    request: timeoutMs,
  };
}

const optionsOf = ({ method, headers, body }: Outgoing) => ({
  isStream: true as const,
  method,
  headers: { ...headers },
  // got waits for a body to be piped in when a method that may have one is given none.
  ...(method === 'GET' || method === 'HEAD' ? {} : { body: body ?? '' }),
});

type GotStream = ReturnType<typeof got.stream>;

function receive(stream: GotStream, request: Outgoing, limits: ExchangeLimits): Promise<Incoming> {
  const { maxResponseBytes: maxBytes, minimumRate = MINIMUM_RATE } = limits;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let answer: { status: number; headers: Record<string, string> } | undefined;
    let certificate: PeerCertificate | undefined;
    const { signal } = request;
    let unwatch: (() => void) | undefined;
    const ended = () => {
      unwatch?.();
      signal.removeEventListener('abort', abort);
      request.timed?.(timingOf(stream.timings));
    };
    const fail = (reason: unknown) => {
      ended();
      reject(reason);
      stream.destroy();
    };
    // Not left to got, which would keep a listener for each call on a signal that lives as long as a whole read.
    const abort = () => fail(signal.reason);
    const cut = (verdict: Verdict) => fail(failureOf(placeOf(request), verdict));

    signal.addEventListener('abort', abort, { once: true });
    stream.on('request', (sent) => noteCertificate(sent, (shown) => (certificate = shown)));
    stream.on('response', ({ statusCode, headers }) => {
      answer = { status: statusCode, headers: flat(headers) };
      if (headers['content-encoding'] === undefined && Number(headers['content-length'] ?? 0) > maxBytes)
        cut(tooLarge(maxBytes));
    });
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) return cut(tooLarge(maxBytes));
      chunks.push(chunk);
      unwatch ??= watchRate(
        () => bytes,
        minimumRate,
        () => cut(tooSlow(minimumRate)),
      );
    });
    stream.on('error', (error: Error) => fail(sorted(error, request, certificate)));
    stream.on('end', () => {
      ended();
      if (answer) resolve({ ...answer, body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks) });
    });
  });
}

/** The phases that took place; got says 0 for those that a kept connection spares. */
function timingOf(timings: GotStream['timings']): CallTiming {
  const { dns, tcp, tls, firstByte, download } = timings?.phases ?? {};
  const taken = { lookup: dns, connect: tcp, tls, firstByte, download };
  return callTiming.parse(Object.fromEntries(Object.entries(taken).filter(([, ms]) => ms !== undefined && ms >= 0)));
}

const tooLarge = (maxBytes: number): Verdict => ({
  code: 'RESPONSE_TOO_LARGE',
  effect: 'unknown',
  words: `answered with more than ${maxBytes} bytes`,
});

const tooSlow = ({ bytesPerSecond, windowMs }: MinimumRate): Verdict => ({
  code: 'TIMEOUT',
  effect: 'unknown',
  words: `gave less than ${bytesPerSecond} bytes a second of its answer for ${windowMs / 1000} s`,
});

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) result[name] = typeof value === 'string' ? value : value.join(', ');
  return result;
}

function sorted(error: Error, request: Outgoing, certificate: PeerCertificate | undefined): SyncFailure {
  // got replaces some codes by its own; the error below still has the first.
  const cause = error.cause ?? error;
  const syscall =
    typeof cause === 'object' && 'syscall' in cause && typeof cause.syscall === 'string' ? cause.syscall : undefined;
  if (errorCode(cause) === ADDRESS_REFUSED)
    return failureOf(placeOf(request), { code: 'ADDRESS_REFUSED', effect: 'none', words: messageOf(cause) });
  const verdict = classifyNetwork({
    code: errorCode(cause) ?? errorCode(error) ?? error.name,
    ...(error instanceof TimeoutError ? { phase: error.event } : {}),
    ...(syscall === undefined ? {} : { syscall }),
    ...(certificate && { certificate }),
  });
  return failureOf(placeOf(request), verdict);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'may not be reached');
