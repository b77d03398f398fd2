import type { ConnectorTools, Log } from '../model/connector.ts';
import type { EndpointWorld } from '../model/project.ts';
import { createHttpClient, type OpenHttpClient } from '../platform/http/client.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';
import { sealedTokens } from '../platform/oauth/token-store.ts';
import { createReadSecret } from '../platform/secrets/read.ts';
import { sqlPools } from '../platform/sql.ts';

export interface World extends EndpointWorld {
  close(): Promise<void>;
}

/** The tools of each connection, made once and shared by every step of this process. */
export function createWorld(
  projectFolder: string,
  env: NodeJS.ProcessEnv,
  log: Log,
  ledger?: Pick<Ledger, 'tokens'>,
): World {
  const secret = createReadSecret({ projectFolder, env });
  const tokens = ledger && sealedTokens(ledger.tokens, env, projectFolder);
  const tools = new Map<string, ConnectorTools>();
  const clients: OpenHttpClient[] = [];
  const pools = sqlPools();
  return {
    toolsFor(connection) {
      const id = JSON.stringify(connection);
      const known = tools.get(id);
      if (known) return known;
      let client: OpenHttpClient | undefined;
      const made: ConnectorTools = {
        // Made when it is first asked for: a folder or a database has no address to call.
        get http() {
          if (client === undefined) {
            client = createHttpClient({ connection, readSecret: secret, tokens, log, clock: Date });
            clients.push(client);
          }
          return client;
        },
        sql: pools.pool,
        secret,
        log,
        projectFolder,
      };
      tools.set(id, made);
      return made;
    },
    async close() {
      for (const client of clients) client.close();
      await pools.close();
    },
  };
}
