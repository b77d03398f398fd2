import { TimeoutError } from 'got';
import { errorCode } from '../../../model/failure/error-code.ts';
import type { SyncFailure } from '../../../model/failure/failure.ts';
import { classifyNetwork, failureOf } from '../errors/classify.ts';
import { type Outgoing, placeOf } from '../pipeline.ts';
import { ADDRESS_REFUSED } from './address-guard.ts';
import type { PeerCertificate } from './peer-certificate.ts';

export interface NetworkError {
  readonly error: Error;
  /** What the other side showed. */
  readonly certificate: PeerCertificate | undefined;
  /** The connection: a certificate is mended by whoever owns it. */
  readonly connection: string | undefined;
}

/** An error below HTTP as a failure. */
export function networkFailure(request: Outgoing, { error, certificate, connection }: NetworkError): SyncFailure {
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
  const isNamed = verdict.code === 'TLS_FAILED' && connection !== undefined;
  return failureOf(isNamed ? `${placeOf(request)} (connection ${connection})` : placeOf(request), verdict);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'may not be reached');
