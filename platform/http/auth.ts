import type { AuthSpec, ReadSecret } from '../../model/connection.ts';
import { type Credentials, carriable } from './credentials.ts';
import type { Stage } from './pipeline.ts';
import { sessionAuth } from './session.ts';

/**
 * Puts the credentials of a connection into each call. Secrets are read anew for each, so that a rotated one is used
 * from the next call on.
 */
export function authenticated(given: Credentials): Stage {
  const { connection, readSecret } = given;
  const { auth } = connection;
  if (auth === undefined) return (next) => next;
  if (auth.kind === 'session') return sessionAuth(given, auth);
  return (next) => async (request) => {
    const [name, value] = await headerOf(auth, readSecret);
    return next({ ...request, headers: { ...request.headers, [name]: carriable(value, connection.name) } });
  };
}

async function headerOf(
  auth: Exclude<AuthSpec, { kind: 'session' }>,
  readSecret: ReadSecret,
): Promise<[header: string, value: string]> {
  switch (auth.kind) {
    case 'bearer':
      return ['authorization', `Bearer ${await readSecret(auth.token)}`];
    case 'basic': {
      const pair = `${auth.username}:${await readSecret(auth.password)}`;
      return ['authorization', `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`];
    }
    case 'api-key':
      return [auth.header.toLowerCase(), await readSecret(auth.value)];
  }
}
