import type { Connection } from '../model/connection.ts';
import type { ConnectorTools, Log } from '../model/connector.ts';
import type { EndpointWorld } from '../model/project.ts';
import { createHttpClient } from '../platform/http/client.ts';
import { createSecretReader } from '../platform/secrets.ts';
import { sqlPools } from '../platform/sql.ts';

export interface World extends EndpointWorld {
  close(): Promise<void>;
}

/** The tools of each connection, made once and shared by every step of this process. */
export function createWorld(projectFolder: string, env: NodeJS.ProcessEnv, log: Log): World {
  const secret = createSecretReader({ projectFolder, env });
  const tools = new Map<Connection, ConnectorTools>();
  const pools = sqlPools();
  return {
    toolsFor(connection) {
      const known = tools.get(connection);
      if (known) return known;
      const http = createHttpClient({ connection, readSecret: secret, log });
      const made = { http, sql: pools.pool, secret, log, projectFolder };
      tools.set(connection, made);
      return made;
    },
    close: () => pools.close(),
  };
}
