import { createHash } from 'node:crypto';
import type { OAuth2Spec } from '../../../../model/connection/auth.ts';
import type { ReadSecret, SecretRef } from '../../../../model/connection/secret.ts';
import { failures, isSyncFailure, SyncFailure } from '../../../../model/failure/failure.ts';
import { secretsOfProcess } from '../../../secrets/known.ts';
import type { GivenToken, RequestToken, TokenCredentials } from './token-request.ts';
import type { KeptTokens, NumberedTokens, TokenStore } from './token-store.ts';

/** An access token that a call may use. */
export interface AccessToken {
  readonly value: string;
  readonly generation: number;
}

export interface Tokens {
  /** One that is valid as far as is known, renewed when it is about to end. */
  current(): Promise<AccessToken>;
  /** One that is not the one given, which the system did not accept. */
  other(than: AccessToken): Promise<AccessToken>;
}

export interface TokenNeeds {
  readonly connection: string;
  readonly spec: OAuth2Spec;
  readonly store: TokenStore;
  readonly request: RequestToken;
  readonly readSecret: ReadSecret;
  readonly clock: { now(): number };
}

/** Renewed this long before its end, or a tenth of its life, whichever is less. */
const MARGIN_MS = 30_000;
/** After a refusal nobody asks again with the same credentials for so long: every dependent hears of the one answer. */
const REFUSED_FOR_MS = 10_000;

type Outcome = { readonly tokens: KeptTokens; readonly generation: number } | { readonly failure: SyncFailure };

/**
 * The tokens of one connection, shared by every process that uses it. Whoever finds the token ended takes the row of the
 * connection in the ledger, and renews it while all others wait; they find the new one there. A new token is stored
 * before anyone uses it, as the refresh token that it came for may be worth nothing any more.
 */
export function sharedTokens(needs: TokenNeeds): Tokens {
  const { connection, spec, store, request, readSecret, clock } = needs;
  let last: { readonly tokens: KeptTokens; readonly generation: number } | undefined;
  /** Given by the server, and not yet stored: the store failed at the wrong moment. */
  let unsaved: { readonly tokens: KeptTokens; readonly after: number } | undefined;
  let renewing: Promise<AccessToken> | undefined;

  const renew = (refused?: AccessToken): Promise<AccessToken> => {
    renewing ??= held(refused).finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  async function held(refused?: AccessToken): Promise<AccessToken> {
    const secrets = await credentialsOf(spec, readSecret);
    const outcome = await store.hold(connection, async (kept, save): Promise<Outcome> => {
      if (unsaved?.after === kept.generation) return { tokens: unsaved.tokens, generation: await save(unsaved.tokens) };
      const mine = kept.tokens?.grant === secrets.grant ? kept.tokens : undefined;
      if (mine && kept.generation !== refused?.generation && isFresh(mine, clock.now()))
        return { tokens: mine, generation: kept.generation };
      const known = knownRefusal(mine, secrets.proof, clock.now());
      if (known) return { failure: known };
      return asked(kept, mine, save, secrets);
    });
    if ('failure' in outcome) throw outcome.failure;
    unsaved = undefined;
    last = outcome;
    return accessTokenOf(outcome);
  }

  async function asked(
    { generation }: NumberedTokens,
    mine: KeptTokens | undefined,
    save: (tokens: KeptTokens) => Promise<number>,
    secrets: ReadCredentials,
  ): Promise<Outcome> {
    try {
      const given = await request({ ...secrets.given, refreshToken: mine?.refreshToken ?? secrets.given.refreshToken });
      const tokens = tokensOf(given, mine, secrets, clock.now());
      unsaved = { tokens, after: generation };
      return { tokens, generation: await save(tokens) };
    } catch (error) {
      if (!isSyncFailure(error) || failures[error.code].next !== 'park') throw error;
      const refusal = { atMs: clock.now(), credentials: secrets.proof, words: error.message };
      const { refreshToken } = mine ?? {};
      if (error.code === 'AUTH_REJECTED')
        await save({ grant: secrets.grant, ...(refreshToken !== undefined && { refreshToken }), refusal });
      return { failure: error };
    }
  }

  return {
    async current() {
      if (last && isFresh(last.tokens, clock.now())) return accessTokenOf(last);
      return renew().catch((error: unknown) => {
        // A token endpoint that is down for a moment takes nothing away from a token that is still valid.
        if (last && isRetried(error) && clock.now() < (last.tokens.expiresAtMs ?? 0)) return accessTokenOf(last);
        throw error;
      });
    },
    async other(than) {
      if (last && last.generation > than.generation) return accessTokenOf(last);
      return renew(than);
    },
  };
}

const isRetried = (error: unknown): boolean => isSyncFailure(error) && ['retry', 'wait'].includes(error.next);

function accessTokenOf({ tokens, generation }: Extract<Outcome, { tokens: unknown }>): AccessToken {
  const value = tokens.accessToken ?? '';
  secretsOfProcess.note(value, '[secret:ACCESS_TOKEN]');
  if (tokens.refreshToken !== undefined) secretsOfProcess.note(tokens.refreshToken, '[secret:REFRESH_TOKEN]');
  return { value, generation };
}

function isFresh({ accessToken, issuedAtMs = 0, expiresAtMs }: KeptTokens, nowMs: number): boolean {
  if (accessToken === undefined) return false;
  if (expiresAtMs === undefined) return true;
  return nowMs < expiresAtMs - Math.min(MARGIN_MS, (expiresAtMs - issuedAtMs) / 10);
}

function knownRefusal(kept: KeptTokens | undefined, proof: string, nowMs: number): SyncFailure | undefined {
  const refusal = kept?.refusal;
  if (!refusal || refusal.credentials !== proof || nowMs - refusal.atMs > REFUSED_FOR_MS) return undefined;
  return new SyncFailure('AUTH_REJECTED', refusal.words, { effect: 'none' });
}

interface ReadCredentials {
  readonly given: TokenCredentials;
  /** Changes when stored tokens belong to another grant: another client, scope or consent. */
  readonly grant: string;
  /** Changes with every secret: what was refused may be accepted now. */
  readonly proof: string;
}

async function credentialsOf(spec: OAuth2Spec, readSecret: ReadSecret): Promise<ReadCredentials> {
  const clientSecrets = spec.clientSecret === undefined ? [] : await inOverlap(spec.clientSecret, readSecret);
  // Never the one before: it may be spent, and to show a spent one makes the server withdraw all of them.
  const refreshToken = spec.refreshToken === undefined ? undefined : await readSecret(spec.refreshToken, 'latest');
  const { grant, issuer, tokenUrl, clientId, scope, parameters } = spec;
  const asked = digest([grant, issuer, tokenUrl, clientId, scope, parameters, refreshToken]);
  return { given: { clientSecrets, refreshToken }, grant: asked, proof: digest([asked, clientSecrets]) };
}

async function inOverlap(ref: SecretRef, readSecret: ReadSecret): Promise<readonly string[]> {
  const latest = await readSecret(ref, 'latest');
  const previous = await readSecret(ref, 'previous').catch(() => latest);
  return previous === latest ? [latest] : [latest, previous];
}

const digest = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

function tokensOf(
  given: GivenToken,
  before: KeptTokens | undefined,
  { grant }: ReadCredentials,
  nowMs: number,
): KeptTokens {
  const refreshToken = given.refreshToken ?? before?.refreshToken;
  return {
    grant,
    accessToken: given.accessToken,
    ...(refreshToken !== undefined && { refreshToken }),
    issuedAtMs: nowMs,
    ...(given.expiresInS !== undefined && { expiresAtMs: nowMs + given.expiresInS * 1000 }),
  };
}
