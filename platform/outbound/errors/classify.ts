import { type FailureCode, type FailureDetail, SyncFailure } from '../../../model/failure/failure.ts';
import { retryAfterMs } from '../pace/retry-after.ts';
import { describeCertificate, type PeerCertificate } from '../transport/peer-certificate.ts';

/** What became of a failed call. `message` is in words, without the place, which the caller adds. */
export interface Verdict {
  readonly code: FailureCode;
  readonly effect: 'none' | 'unknown';
  readonly words: string;
  readonly retryAfterMs?: number;
}

/** What is known of an answer whose body does not matter. */
export interface StatusFacts {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly nowMs: number;
}

/** Statuses whose meaning depends on the call: the connector judges them. */
const forTheConnector: ReadonlySet<number> = new Set([400, 404, 409, 412, 413, 422]);

/** Sorts a status into a failure. Undefined for answers that the connector is given: 2xx and some of 4xx. */
export function classifyStatus({ status, headers, nowMs }: StatusFacts): Verdict | undefined {
  if ((status >= 200 && status < 300) || forTheConnector.has(status)) return undefined;
  const waitMs = retryAfterMs(headers, nowMs);
  const wait = waitMs === undefined ? {} : { retryAfterMs: waitMs };
  const words = `answered ${status}`;
  if (status === 429) return { code: 'RATE_LIMITED', effect: 'none', words, ...wait };
  if (status === 503)
    return { code: 'SERVER_ERROR', effect: waitMs === undefined ? 'unknown' : 'none', words, ...wait };
  if (status >= 500) return { code: 'SERVER_ERROR', effect: 'unknown', words, ...wait };
  if (status === 408) return { code: 'TIMEOUT', effect: 'unknown', words, ...wait };
  if (status === 425) return { code: 'SERVER_ERROR', effect: 'none', words, ...wait };
  const code = codeOfStatus[status];
  return { code: code ?? (status >= 400 ? 'REQUEST_REJECTED' : 'REDIRECT_REFUSED'), effect: 'none', words };
}

const codeOfStatus: Readonly<Record<number, FailureCode>> = {
  401: 'AUTH_REJECTED',
  403: 'FORBIDDEN',
  407: 'FORBIDDEN',
  410: 'NOT_FOUND',
};

/** What is known of an error below HTTP. */
export interface NetworkFacts {
  /** As Node gives it: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, … */
  readonly code: string;
  /** Of a time-out: the phase of the call that took too long, as got names it. */
  readonly phase?: string;
  /** The system call that failed, such as `connect`. */
  readonly syscall?: string;
  /** What the other side showed in the handshake. */
  readonly certificate?: PeerCertificate;
}

/** Sorts a network error into a failure. Until a connection stands, nothing can have been written. */
export function classifyNetwork({ code, phase, syscall, certificate }: NetworkFacts): Verdict {
  if (code === 'ETIMEDOUT') return timeOut(phase ?? syscall);
  const known = networkErrors.find(({ codes }) => codes.test(code));
  if (known) {
    const shown = known.ofCertificate && certificate ? `: ${describeCertificate(certificate)}` : '';
    return { ...known.verdict, words: `${known.verdict.words} (${code})${shown}` };
  }
  return { code: 'INTERNAL', effect: 'unknown', words: `failed in a way that the engine does not know (${code})` };
}

function timeOut(phase: string | undefined): Verdict {
  const words = phaseWords[phase ?? ''] ?? 'gave no complete answer in time';
  const beforeSending = phase === 'lookup' || phase === 'connect' || phase === 'secureConnect';
  return { code: 'TIMEOUT', effect: beforeSending ? 'none' : 'unknown', words };
}

const phaseWords: Readonly<Record<string, string>> = {
  lookup: 'has a host name that was not resolved in time',
  connect: 'did not accept the connection in time',
  secureConnect: 'did not finish the TLS handshake in time',
  send: 'did not take the request in time',
};

const networkErrors: readonly { readonly codes: RegExp; readonly verdict: Verdict; readonly ofCertificate?: true }[] = [
  {
    codes: /^(ECONNREFUSED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN)$/,
    verdict: { code: 'CONNECTION_REFUSED', effect: 'none', words: 'cannot be connected to' },
  },
  {
    codes: /^(EMFILE|ENFILE|EADDRNOTAVAIL|ENOBUFS|EACCES|EPERM)$/,
    verdict: { code: 'CONNECTION_REFUSED', effect: 'none', words: 'cannot be connected to from this machine' },
  },
  {
    codes: /^(ENOTFOUND|ENODATA|EAI_\w+)$/,
    verdict: { code: 'DNS_FAILED', effect: 'none', words: 'has a host name without an address' },
  },
  {
    codes:
      /^(CERT_\w+|\w+_CERT|\w+_CERT_IN_CHAIN|\w+_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|ERR_TLS_CERT_\w+)$/,
    verdict: { code: 'TLS_FAILED', effect: 'none', words: 'has a certificate that is not accepted' },
    ofCertificate: true,
  },
  {
    codes: /^ERR_OSSL_\w+$/,
    verdict: {
      code: 'TLS_FAILED',
      effect: 'none',
      words: 'cannot be called with our client certificate: certificate, key and passphrase do not fit together',
    },
  },
  {
    codes: /^(EPROTO|ERR_SSL_\w+|ERR_TLS_\w+)$/,
    verdict: { code: 'TLS_FAILED', effect: 'unknown', words: 'broke the TLS handshake' },
  },
  {
    codes:
      /^(ECONNRESET|ECONNABORTED|EPIPE|Z_BUF_ERROR|ERR_STREAM_PREMATURE_CLOSE|ERR_HTTP_CONTENT_LENGTH_MISMATCH|ERR_READING_RESPONSE_STREAM)$/,
    verdict: {
      code: 'CONNECTION_LOST',
      effect: 'unknown',
      words: 'broke the connection before the answer was complete',
    },
  },
  {
    codes: /^ERR_(INVALID_CHAR|UNESCAPED_CHARACTERS|HTTP_INVALID_HEADER_VALUE)$/,
    verdict: {
      code: 'REQUEST_REJECTED',
      effect: 'none',
      words: 'was not called: a header or the path holds a character that HTTP cannot carry',
    },
  },
  {
    codes: /^HPE_HEADER_OVERFLOW$/,
    verdict: { code: 'RESPONSE_TOO_LARGE', effect: 'unknown', words: 'answered with too large headers' },
  },
  {
    codes: /^HPE_/,
    verdict: { code: 'RESPONSE_NOT_JSON', effect: 'unknown', words: 'answered something that is not HTTP' },
  },
  {
    codes: /^(Z_\w+|ERR_BROTLI\w*|ERR__ERROR_\w+|ERR_PADDING\w*|ZSTD_\w+)$/,
    verdict: { code: 'RESPONSE_NOT_JSON', effect: 'unknown', words: 'answered with garbled compression' },
  },
];

/**
 * Whether an answer can be the JSON that was asked for. Absent and `text/plain` are let through: some systems
 * say no better, and the parser judges.
 */
export function isJsonType(contentType: string | undefined): boolean {
  const type = (contentType ?? '').replace(/;.*$/s, '').trim().toLowerCase();
  return type === '' || /^(application|text)\/(.+\+)?json$/.test(type) || type === 'text/plain';
}

export function failureOf(place: string, verdict: Verdict, cause?: unknown): SyncFailure {
  const detail: FailureDetail = {
    effect: verdict.effect,
    ...(verdict.retryAfterMs === undefined ? {} : { retryAfterMs: verdict.retryAfterMs }),
    ...(cause === undefined ? {} : { cause }),
  };
  return new SyncFailure(verdict.code, `${place} ${verdict.words}.`, detail);
}
