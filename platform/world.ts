import type { CallUse } from '../model/connection/call.ts';
import type { Connection } from '../model/connection/connection.ts';
import type { ConnectorTools, HttpClient, Log } from '../model/connector/connector.ts';
import type { EndpointWorld } from '../model/sync/project.ts';
import { engineKeys } from './crypto/engine-keys.ts';
import { underFileLock } from './foundation/file-lock.ts';
import type { Ledger } from './ledger/ledger.ts';
import { sealedTokens } from './outbound/auth/oauth/token-store.ts';
import { createHttpClient, type OpenHttpClient } from './outbound/client.ts';
import { type Journal, openJournal } from './outbound/journal/journal.ts';
import { secretsOfProcess } from './secrets/known.ts';
import { createReadSecret } from './secrets/read.ts';
import { openTransports } from './transports/transports.ts';

export interface World extends EndpointWorld {
  /** Writes what is left of the journal: before the ledger is closed. */
  close(): Promise<void>;
}

/** Takes note of what is seen at the connections. */
export interface Watch {
  readonly journal: Journal;
  sawCertificate(connection: string, host: string, validTo: Date): void;
}

/**
 * The tools of each connection, made once and shared by every step of this process. With a ledger, what is
 * seen is noted there, unless `watch` takes note of it, and limits are those of all processes together.
 */
export function createWorld(
  projectFolder: string,
  env: NodeJS.ProcessEnv,
  log: Log,
  ledger?: Pick<Ledger, 'tokens' | 'calls' | 'connections' | 'certificates'>,
  watch: Watch | undefined = ledger && watchIn(ledger, projectFolder, env, log),
): World {
  const secret = createReadSecret({ projectFolder, env });
  const tokens = ledger && sealedTokens(ledger.tokens, env, projectFolder);
  const clients = new Map<string, OpenHttpClient>();
  const transports = openTransports();
  const clientOf = (connection: Connection): OpenHttpClient => {
    const id = JSON.stringify(connection);
    const known = clients.get(id);
    if (known) return known;
    const client = createHttpClient({
      connection,
      readSecret: secret,
      tokens,
      journal: watch?.journal,
      log,
      clock: Date,
      store: ledger?.connections,
      sawCertificate: watch?.sawCertificate,
    });
    clients.set(id, client);
    return client;
  };
  return {
    toolsFor: (connection, use): ConnectorTools => ({
      // Made when it is first asked for: a folder or a database has no address to call.
      get http() {
        return usedBy(clientOf(connection), use);
      },
      open: transports.open,
      secret,
      log,
      underFileLock,
      projectFolder,
    }),
    async close() {
      for (const client of clients.values()) client.close();
      await transports.close();
      await watch?.journal.close();
    },
  };
}

function watchIn(
  { calls, certificates }: Pick<Ledger, 'calls' | 'certificates'>,
  projectFolder: string,
  env: NodeJS.ProcessEnv,
  log: Log,
): Watch {
  const keys = () => engineKeys(env, projectFolder);
  return {
    journal: openJournal({ calls, keys, secrets: secretsOfProcess, log }),
    // Beside the call, which does not wait for it: what is missed is seen again at the next connection.
    sawCertificate(connection, host, validTo) {
      certificates.note(connection, host, validTo).catch(() => {});
    },
  };
}

const usedBy = (client: OpenHttpClient, use: CallUse | undefined): HttpClient => ({
  request: (call) => client.request(call, use),
});
