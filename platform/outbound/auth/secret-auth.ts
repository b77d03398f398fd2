import type { ReadSecret, SecretRef, SecretVersion } from '../../../model/connection/secret.ts';
import { isSyncFailure, SyncFailure } from '../../../model/failure/failure.ts';
import type { Incoming, Outgoing, Stage } from '../pipeline.ts';
import { withoutCredential } from '../redact-credential.ts';
import type { Credentials } from './credentials.ts';

/** Puts a secret into a call. */
export type Dress = (request: Outgoing, secret: string) => Outgoing;

/**
 * Credentials that are one secret. On a 401 the secret is read anew, and the value before it is tried where its store
 * still has it: while a secret is renewed, the two sides do not change at the same moment. No value is tried twice for
 * one call, so a call is sent three times at the most.
 */
export function secretAuth({ connection, readSecret }: Credentials, ref: SecretRef, dress: Dress): Stage {
  return (next) => {
    let accepted: SecretVersion = 'known';
    return async (request) => {
      let refused: Incoming | undefined;
      for await (const { version, secret } of candidates(readSecret, ref, accepted)) {
        const answer = withoutCredential(await next(dress(request, secret)), secret);
        if (answer.status !== 401) {
          accepted = version === 'previous' ? 'previous' : 'known';
          return answer;
        }
        refused = answer;
      }
      if (refused) return refused;
      throw new SyncFailure('SECRET_MISSING', `there is no secret for ${connection.name}`, { effect: 'none' });
    };
  };
}

/** The values that may be the right one, each once; the one that was accepted last comes first. */
async function* candidates(
  read: ReadSecret,
  ref: SecretRef,
  accepted: SecretVersion,
): AsyncGenerator<{ readonly version: SecretVersion; readonly secret: string }> {
  const given = new Set<string>();
  for (const version of [accepted, 'latest', 'previous'] as const) {
    const isNeeded = given.size === 0 && version !== 'previous';
    const secret = isNeeded ? await read(ref, version) : await ifThere(read(ref, version));
    if (secret === undefined || given.has(secret)) continue;
    given.add(secret);
    yield { version, secret };
  }
}

async function ifThere(reading: Promise<string>): Promise<string | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isSyncFailure(error)) return undefined;
    throw error;
  }
}
