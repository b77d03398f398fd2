import type { ApiKeySpec } from '../../../model/connection/auth.ts';
import type { SecretRef } from '../../../model/connection/secret.ts';
import { secretsOfProcess } from '../../secrets/known.ts';
import type { Outgoing, Stage } from '../pipeline.ts';
import { type Credentials, carriableSecret } from './credentials.ts';
import { secretAuth } from './secret-auth.ts';

/** `Authorization: Bearer …` (RFC 6750). */
export const bearerAuth = (given: Credentials, token: SecretRef): Stage =>
  secretAuth(given, token, (request, secret) =>
    withHeader(request, 'authorization', `Bearer ${carriableSecret(secret, given.connection.name)}`),
  );

/** `Authorization: Basic …` (RFC 7617). The pair is a secret of its own, as it holds the password in another writing. */
export const basicAuth = (given: Credentials, username: string, password: SecretRef): Stage =>
  secretAuth(given, password, (request, secret) => {
    const pair = Buffer.from(`${username}:${secret}`, 'utf8').toString('base64');
    secretsOfProcess.note(pair, '[secret:BASIC]');
    return withHeader(request, 'authorization', `Basic ${pair}`);
  });

/** A key in a header, or in the query of every address. */
export function apiKeyAuth(given: Credentials, { header, query, value }: ApiKeySpec): Stage {
  return secretAuth(given, value, (request, secret) => {
    if (query !== undefined) return withQuery(request, query, secret);
    return withHeader(request, (header ?? '').toLowerCase(), carriableSecret(secret, given.connection.name));
  });
}

export const withHeader = (request: Outgoing, name: string, value: string): Outgoing => ({
  ...request,
  headers: { ...request.headers, [name]: value },
});

export function withQuery(request: Outgoing, name: string, value: string): Outgoing {
  const url = new URL(request.url);
  url.searchParams.set(name, value);
  return { ...request, url };
}
