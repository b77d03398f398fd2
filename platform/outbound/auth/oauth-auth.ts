import type { OAuth2Spec } from '../../../model/connection/auth.ts';
import { SyncFailure } from '../../../model/failure/failure.ts';
import type { Incoming, Outgoing, Stage } from '../pipeline.ts';
import { withoutCredential } from '../redact-credential.ts';
import { orAborted, withoutEffect } from '../shared-work.ts';
import type { Credentials } from './credentials.ts';
import { tokenRequest } from './oauth/token-request.ts';
import { sharedTokens } from './oauth/tokens.ts';
import { withHeader } from './plain-auth.ts';

/**
 * OAuth 2.0: the access token goes into every call. A 401 renews it once and sends the one call again; the next 401 is
 * final. The intent of a write stays what it was: to the engine it is still one call.
 */
export function oauthAuth({ connection, readSecret, clock, tokens: store }: Credentials, spec: OAuth2Spec): Stage {
  return (next) => {
    if (store === undefined) return () => Promise.reject(noStore(connection.name));
    const request = tokenRequest(spec, next, clock);
    const tokens = sharedTokens({ connection: connection.name, spec, store, request, readSecret, clock });
    const send = async (call: Outgoing, token: string): Promise<Incoming> =>
      withoutCredential(await next(withHeader(call, 'authorization', `Bearer ${token}`)), token);

    return async (call) => {
      const token = await orAborted(tokens.current(), call.signal).catch(rethrown);
      const answer = await send(call, token.value);
      if (answer.status !== 401) return answer;
      const renewed = await orAborted(tokens.other(token), call.signal).catch(rethrown);
      return send(call, renewed.value);
    };
  };
}

const rethrown = (error: unknown): never => {
  throw withoutEffect(error);
};

const noStore = (connection: string): SyncFailure =>
  new SyncFailure('LEDGER_UNAVAILABLE', `the tokens of ${connection} are kept in the ledger, which is not at hand`, {
    effect: 'none',
  });
