import type { IncomingMessage, ServerResponse } from 'node:http';
import { Provider } from 'oidc-provider';
import { json, startServer } from './with-server.ts';

export interface OAuthSystem {
  /** Of the interface: `GET /orders` and `POST /orders` want a token. */
  readonly address: string;
  /** Of the authorization server: here the same. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Requests to the token endpoint that were granted, as milliseconds since 1970. */
  readonly granted: readonly number[];
  /** Error codes that the token endpoint answered. */
  readonly refused: readonly string[];
  /** Access tokens in the order in which calls first used them. */
  readonly used: ReadonlySet<string>;
  /** Calls that were let in. */
  readonly accepted: number;
  /** How long the next access tokens are valid: at first three seconds. The server counts in whole ones. */
  tokenLifeS: number;
  /** Answers of the token endpoint instead of its own, until it is set back. */
  trouble: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** As if a person had consented: a refresh token that can be used once, for another and so on. */
  consent(): Promise<string>;
  /** Ends an access token before its time. */
  revoke(accessToken: string): Promise<void>;
  close(): Promise<void>;
}

const clientId = 'engine';
const scope = 'openid offline_access orders';

/** A real authorization server (oidc-provider) and an interface that takes its tokens. */
export async function startOAuthSystem(clientSecret = 'canary-client-secret-0123456789'): Promise<OAuthSystem> {
  let callback: ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | undefined;
  const granted: number[] = [];
  const refused: string[] = [];
  const used = new Set<string>();
  const server = await startServer(async (request, response) => {
    if (request.url?.startsWith('/orders')) return answerOrders(request, response);
    if (request.url === '/token' && system.trouble) return system.trouble(request, response);
    return callback?.(request, response);
  });
  const provider = createProvider(server.address, clientSecret, () => system.tokenLifeS);
  callback = provider.callback();
  provider.on('grant.success', () => granted.push(Date.now()));
  provider.on('grant.error', (_context, error) => refused.push(error.error));

  async function answerOrders(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    used.add(token);
    const found = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token));
    if (found?.isValid) {
      system.accepted++;
      return json(response, [{ id: '1' }], 200, { 'x-called-with': token });
    }
    return json(response, { error: 'expired', token }, 401);
  }

  const system: OAuthSystem & { accepted: number } = {
    address: server.address,
    issuer: server.address,
    clientId,
    clientSecret,
    granted,
    refused,
    used,
    accepted: 0,
    tokenLifeS: 3,
    trouble: null,
    async consent() {
      const client = await provider.Client.find(clientId);
      if (!client) throw new Error('the client is not there');
      const grant = new provider.Grant({ clientId, accountId: 'me' });
      grant.addOIDCScope(scope);
      const grantId = await grant.save();
      const token = new provider.RefreshToken({ accountId: 'me', client, grantId, scope, gty: 'authorization_code' });
      return token.save();
    },
    async revoke(accessToken) {
      await (await provider.AccessToken.find(accessToken))?.destroy();
      await (await provider.ClientCredentials.find(accessToken))?.destroy();
    },
    close: server.close,
  };
  return system;
}

const createProvider = (issuer: string, clientSecret: string, lifeS: () => number): Provider =>
  new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        grant_types: ['refresh_token', 'authorization_code', 'client_credentials'],
        redirect_uris: ['https://engine.test/callback'],
        scope,
      },
    ],
    scopes: ['openid', 'offline_access', 'orders'],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    ttl: { AccessToken: lifeS, ClientCredentials: lifeS, RefreshToken: 3600, Grant: 3600, IdToken: 60 },
    rotateRefreshToken: true,
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    cookies: { keys: ['cookies are not used here'] },
  });
