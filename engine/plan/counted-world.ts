import type { CallUse } from '../../model/connection/call.ts';
import type { Connection } from '../../model/connection/connection.ts';
import type { ConnectorTools } from '../../model/connector/connector.ts';
import type { EndpointWorld } from '../../model/sync/project.ts';

export interface CountedWorld extends EndpointWorld {
  /** Calls over HTTP and through transports so far. */
  readonly calls: () => number;
}

/** The same world, with a count of what its systems were asked. */
export function countedWorld(world: EndpointWorld): CountedWorld {
  let calls = 0;
  const count = () => {
    calls++;
  };
  return {
    calls: () => calls,
    toolsFor(connection: Connection, use?: CallUse): ConnectorTools {
      const tools = world.toolsFor(connection, use);
      return {
        // Asked for only when it is used: a folder or a database has no address to call.
        get http() {
          const { http } = tools;
          return {
            request(call: Parameters<typeof http.request>[0]) {
              count();
              return http.request(call);
            },
          };
        },
        open: (transport, config) => tools.open(transport, config, count),
        secret: tools.secret,
        log: tools.log,
        underFileLock: tools.underFileLock,
        projectFolder: tools.projectFolder,
      };
    },
  };
}
