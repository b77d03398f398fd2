import type { SessionSpec } from '../../../model/connection/auth.ts';
import type { ReadSecret } from '../../../model/connection/secret.ts';
import { SyncFailure } from '../../../model/failure/failure.ts';
import { jsonIn, valueAt } from '../../../model/record/json.ts';
import { secretsOfProcess } from '../../secrets/known.ts';
import { addressOf, urlOf } from '../address.ts';
import { classifyStatus, failureOf } from '../errors/classify.ts';
import { type Incoming, type Outgoing, placeOf, type Send, type Stage } from '../pipeline.ts';
import { withoutCredential } from '../redact-credential.ts';
import { orAborted, withoutEffect } from '../shared-work.ts';
import { type Credentials, carriableSecret } from './credentials.ts';
import { withHeader } from './plain-auth.ts';

/**
 * Logs in once and puts the token into every call. A 401 means that the token has expired: one new login for all
 * calls under way, and each replays its one call. A second 401 is final.
 */
export function sessionAuth({ connection, readSecret, clock }: Credentials, auth: SessionSpec): Stage {
  return (next) => {
    let session: Promise<string> | undefined;
    const newSession = (): Promise<string> => {
      const login = logIn({ connection, readSecret, clock }, auth, next);
      // A failed login is not kept: the next call tries again.
      login.catch(() => {
        if (session === login) session = undefined;
      });
      return login;
    };
    const send = async (request: Outgoing, token: string): Promise<Incoming> =>
      withoutCredential(await next(withHeader(request, auth.header.toLowerCase(), auth.prefix + token)), token);

    return async (request) => {
      session ??= newSession();
      const used = session;
      const answer = await send(request, await orAborted(used, request.signal));
      if (answer.status !== 401) return answer;
      if (session === used) session = newSession();
      session ??= newSession();
      return send(request, await orAborted(session, request.signal));
    };
  };
}

async function logIn({ connection, readSecret, clock }: Credentials, auth: SessionSpec, next: Send): Promise<string> {
  const request: Outgoing = {
    method: 'POST',
    url: urlOf(addressOf(connection), { path: auth.path }),
    route: auth.path,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(await filledIn(auth.body, readSecret)),
    confidential: true,
    // The login serves every call that waits for it, so no single one of them may cancel it; it has a time limit.
    signal: new AbortController().signal,
  };
  const answer = await next(request).catch((error: unknown) => {
    throw withoutEffect(error);
  });
  const token = carriableSecret(tokenOf(answer, auth, request, clock.now()), connection.name);
  secretsOfProcess.note(token, '[secret:SESSION]');
  return token;
}

async function filledIn(body: SessionSpec['body'], readSecret: ReadSecret): Promise<Record<string, string>> {
  const filled: Record<string, string> = {};
  for (const [name, value] of Object.entries(body)) {
    filled[name] = typeof value === 'string' ? value : await readSecret(value);
  }
  return filled;
}

function tokenOf(answer: Incoming, auth: SessionSpec, request: Outgoing, nowMs: number): string {
  const place = placeOf(request);
  const verdict = classifyStatus({ status: answer.status, headers: answer.headers, nowMs });
  if (verdict) throw failureOf(place, { ...verdict, effect: 'none' });
  if (answer.status >= 300) {
    const code = answer.status === 404 ? 'NOT_FOUND' : 'AUTH_REJECTED';
    throw new SyncFailure(code, `${place} refused the login (${answer.status}).`, { effect: 'none' });
  }
  const token = valueAt(jsonIn(answer.body.toString('utf8')), auth.token);
  if (typeof token === 'string' && token !== '') return token;
  throw new SyncFailure('RESPONSE_SHAPE', `${place} answered the login without a token at \`${auth.token}\`.`, {
    effect: 'none',
  });
}
