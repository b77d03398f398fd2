import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  clientCredentialsGrant,
  customFetch,
  discovery,
  None,
  ResponseBodyError,
  refreshTokenGrant,
  type ServerMetadata,
} from 'openid-client';
import { z } from 'zod';
import type { OAuth2Spec } from '../../../../model/connection/auth.ts';
import { isSyncFailure, SyncFailure } from '../../../../model/failure/failure.ts';
import { classifyStatus, failureOf } from '../../errors/classify.ts';
import { type Incoming, type Outgoing, placeOf, type Send } from '../../pipeline.ts';

/** What a client proves itself with. */
export interface TokenCredentials {
  /** The likeliest first; none for a public client. While a secret is renewed the one before may still be the right one. */
  readonly clientSecrets: readonly string[];
  readonly refreshToken?: string | undefined;
}

export interface GivenToken {
  readonly accessToken: string;
  /** A new one that replaces the old, where the server rotates them. */
  readonly refreshToken?: string;
  readonly expiresInS?: number;
}

export type RequestToken = (credentials: TokenCredentials) => Promise<GivenToken>;

/**
 * Asks the token endpoint of a connection, through its door. Throws AUTH_REJECTED when it refuses the credentials for
 * good (`invalid_grant`, `invalid_client`, …; RFC 6749, 5.2), FORBIDDEN when it refuses the scope, and what the door
 * throws when there was no such answer, which says nothing about the credentials.
 */
export function tokenRequest(spec: OAuth2Spec, send: Send, clock: { now(): number }): RequestToken {
  let server: ServerMetadata | undefined;

  async function ask(clientSecret: string | undefined, refreshToken: string | undefined): Promise<GivenToken> {
    const wire = fetchThrough(send, clock);
    try {
      server ??= await metadataOf(spec, wire.fetch);
      const config = new Configuration(server, spec.clientId, {}, proofOf(spec, clientSecret));
      allowPlain(config, server.token_endpoint);
      config[customFetch] = wire.fetch;
      return givenToken(await grant(config, spec, refreshToken));
    } catch (error) {
      throw wire.failed() ?? error;
    }
  }

  return async ({ clientSecrets, refreshToken }) => {
    const [first, ...others] = clientSecrets;
    try {
      return await ask(first, refreshToken).catch(async (error: unknown) => {
        // Refused before the grant was looked at, so the refresh token is still good.
        const [second] = others;
        if (second === undefined || errorCodeOf(error) !== 'invalid_client') throw error;
        return ask(second, refreshToken);
      });
    } catch (error) {
      throw refusalOf(error, spec);
    }
  };
}

async function metadataOf(spec: OAuth2Spec, fetch: Fetch): Promise<ServerMetadata> {
  if (spec.tokenUrl !== undefined) return { issuer: spec.tokenUrl, token_endpoint: spec.tokenUrl };
  const issuer = new URL(spec.issuer ?? '');
  const found = await discovery(issuer, spec.clientId, {}, None(), {
    [customFetch]: fetch,
    execute: issuer.protocol === 'http:' ? [allowInsecureRequests] : [],
  });
  return found.serverMetadata();
}

/** Whether a plain address may be called is the door's business: it has been asked by then. */
function allowPlain(config: Configuration, endpoint: string | undefined): void {
  if (endpoint?.startsWith('http:')) allowInsecureRequests(config);
}

function proofOf({ clientAuthentication }: OAuth2Spec, secret: string | undefined): ClientAuth {
  if (secret === undefined) return None();
  return clientAuthentication === 'basic' ? ClientSecretBasic(secret) : ClientSecretPost(secret);
}

function grant(config: Configuration, spec: OAuth2Spec, refreshToken: string | undefined) {
  const parameters = { ...spec.parameters, ...(spec.scope !== undefined && { scope: spec.scope }) };
  return spec.grant === 'client-credentials'
    ? clientCredentialsGrant(config, parameters)
    : refreshTokenGrant(config, refreshToken ?? '', parameters);
}

const givenToken = ({ access_token, refresh_token, expires_in }: Awaited<ReturnType<typeof grant>>): GivenToken => ({
  accessToken: access_token,
  ...(refresh_token !== undefined && { refreshToken: refresh_token }),
  ...(expires_in !== undefined && { expiresInS: expires_in }),
});

/** An error of the library in our words. What the server wrote beside its error code may repeat what it was sent. */
function refusalOf(error: unknown, spec: OAuth2Spec): SyncFailure {
  if (isSyncFailure(error)) return error;
  const where = new URL(spec.tokenUrl ?? spec.issuer ?? '').host;
  const code = errorCodeOf(error);
  if (code === 'invalid_scope')
    return new SyncFailure('FORBIDDEN', `${where} does not grant the scope that was asked for (${code}).`, none);
  if (code === 'temporarily_unavailable' || code === 'server_error')
    return new SyncFailure('SERVER_ERROR', `${where} gives no token at this moment (${code}).`, none);
  if (code !== undefined) {
    const refused = code === 'invalid_client' || spec.grant === 'client-credentials' ? 'client' : 'refresh token';
    return new SyncFailure('AUTH_REJECTED', `${where} refused the ${refused} (${code}).`, none);
  }
  return new SyncFailure('RESPONSE_SHAPE', `${where} did not answer as a token endpoint does.`, none);
}

const errorCodeOf = (error: unknown): string | undefined =>
  error instanceof ResponseBodyError && /^[a-z_]{1,40}$/.test(error.error) ? error.error : undefined;

const none = { effect: 'none' } as const;

type Fetch = (
  url: string,
  options: { readonly method: string; readonly headers: Record<string, string>; readonly body?: unknown },
) => Promise<Response>;

/** The library's calls through our door, with its time-outs, limits and TLS; and what became of one that failed. */
function fetchThrough(send: Send, clock: { now(): number }) {
  let failure: SyncFailure | undefined;
  const fetch: Fetch = async (address, { method, headers, body }) => {
    const url = new URL(address);
    const request: Outgoing = {
      method: method === 'POST' ? 'POST' : 'GET',
      url,
      route: url.pathname,
      headers,
      ...(body instanceof URLSearchParams || typeof body === 'string' ? { body: body.toString() } : {}),
      confidential: true,
      // A token serves every call that waits for it, so no single one may cancel the request; it has a time limit.
      signal: new AbortController().signal,
    };
    try {
      const answer = await send(request);
      const verdict = isOAuthAnswer(answer.status) ? undefined : classifyStatus({ ...answer, nowMs: clock.now() });
      if (verdict) throw failureOf(placeOf(request), { ...verdict, effect: 'none' });
      return responseOf(answer);
    } catch (error) {
      if (isSyncFailure(error)) failure = error;
      throw error;
    }
  };
  return { fetch, failed: () => failure };
}

/**
 * The answer for the library, less two things. Without the challenge it reads the error code of a 401, which says whether
 * it was the client that was refused. An ID token is about a person who logs in, and nobody does here.
 */
function responseOf({ status, headers, body }: Incoming): Response {
  const { 'www-authenticate': _challenge, ...others } = headers;
  const answer = jsonObject.safeParse(parsed(body));
  const { id_token: _idToken, ...fields } = answer.data ?? {};
  const text = answer.success ? JSON.stringify(fields) : body.toString('utf8');
  return new Response(text, { status, headers: others });
}

const jsonObject = z.record(z.string(), z.unknown());

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The library reads an error out of these; every other status says nothing about the credentials. */
const isOAuthAnswer = (status: number): boolean => status === 200 || status === 400 || status === 401;
