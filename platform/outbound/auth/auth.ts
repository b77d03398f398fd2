import type { Stage } from '../pipeline.ts';
import type { Credentials } from './credentials.ts';
import { hmacAuth } from './hmac-auth.ts';
import { oauthAuth } from './oauth-auth.ts';
import { apiKeyAuth, basicAuth, bearerAuth } from './plain-auth.ts';
import { namedScope } from './scope.ts';
import { sessionAuth } from './session.ts';

/**
 * Puts the credentials of a connection into each call. A 401 is answered once by what may have changed meanwhile: a
 * renewed secret, a new session, a new token; the one call is then sent again. The next 401 is final.
 */
export function authenticated(given: Credentials): Stage {
  const stage = stageOf(given);
  return (next) => namedScope(stage(next));
}

function stageOf(given: Credentials): Stage {
  const { auth } = given.connection;
  switch (auth?.kind) {
    case undefined:
      return (next) => next;
    case 'session':
      return sessionAuth(given, auth);
    case 'oauth2':
      return oauthAuth(given, auth);
    case 'hmac':
      return hmacAuth(given, auth);
    case 'bearer':
      return bearerAuth(given, auth.token);
    case 'basic':
      return basicAuth(given, auth.username, auth.password);
    case 'api-key':
      return apiKeyAuth(given, auth);
  }
}
