import type { got } from 'got';
import { type CallTiming, callTiming } from '../../../model/connection/call.ts';
import { failureOf, type Verdict } from '../errors/classify.ts';
import { type Incoming, type Outgoing, placeOf } from '../pipeline.ts';
import type { ExchangeLimits } from './limits.ts';
import { networkFailure } from './network-failure.ts';
import { noteCertificate, type PeerCertificate } from './peer-certificate.ts';
import { MINIMUM_RATE, type MinimumRate, watchRate } from './slow-body.ts';

export type GotStream = ReturnType<typeof got.stream>;

/** Takes the answer while it arrives, and cuts it when it is too large, too slow, or no longer wanted. */
export function receive(stream: GotStream, request: Outgoing, limits: ExchangeLimits): Promise<Incoming> {
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
    stream.on('error', (error: Error) =>
      fail(networkFailure(request, { error, certificate, connection: limits.name })),
    );
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
