import { TimeoutError } from 'got';
import { errorCode } from '../../model/error-code.ts';
import type { SyncFailure } from '../../model/failure.ts';
import { classifyNetwork, failureOf } from './classify.ts';
import { ADDRESS_REFUSED } from './guard.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import { type Outgoing, placeOf } from './pipeline.ts';

/** An error below HTTP as a failure. `certificate` is what the other side showed. */
export function networkFailure(error: Error, request: Outgoing, certificate: PeerCertificate | undefined): SyncFailure {
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
