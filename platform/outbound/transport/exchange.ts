import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { TLSSocket } from 'node:tls';
import { type Delays, got } from 'got';
import type { TlsRules } from '../../../model/connection/connection.ts';
import type { Outgoing, Send } from '../pipeline.ts';
import type { Guard } from './address-guard.ts';
import { authoritiesOf } from './authorities.ts';
import type { ExchangeLimits } from './limits.ts';
import { type GotStream, receive } from './receive.ts';

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
