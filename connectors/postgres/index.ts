import { type ConnectionOf, type ConnectorTools, defineConnector, type SqlPool, sqlTransport } from '../../index.ts';
import { postgresDestination } from './destination.ts';
import {
  type PostgresSettings,
  postgresDestinationOptions,
  postgresSettings,
  postgresSourceOptions,
} from './options.ts';
import { postgresSource } from './source.ts';

/** PostgreSQL: keyset reads; batches by COPY and upsert, with the marker of the request in the same transaction. */
export const postgres = defineConnector({
  kind: 'postgres',
  summary: 'PostgreSQL tables: reads in key order, writes batches that take effect exactly once.',
  settings: postgresSettings,
  source: {
    options: postgresSourceOptions,
    open: (connection, options, tools) => postgresSource(() => database(connection, tools), options),
  },
  destination: {
    options: postgresDestinationOptions,
    open: (connection, options, tools) => postgresDestination(() => database(connection, tools), options),
  },
  async check(connection, tools, signal) {
    signal.throwIfAborted();
    const sql = await database(connection, tools);
    const [row] = await sql.query<{ version: string; database: string }>(
      `SELECT current_setting('server_version') AS version, current_database() AS database`,
    );
    return `${connection.name}: PostgreSQL ${row?.version ?? 'of unknown version'}, database ${row?.database ?? 'unknown'}`;
  },
});

export default postgres;

/** The password is read at each use, so that a rotated one counts at once. */
async function database(
  { settings, timeoutMs, tls }: ConnectionOf<PostgresSettings>,
  tools: ConnectorTools,
): Promise<SqlPool> {
  const url = new URL(settings.url);
  if (settings.ssl !== undefined) url.searchParams.set('sslmode', settings.ssl);
  const password = settings.password === undefined ? undefined : await tools.secret(settings.password);
  return tools.open(sqlTransport, {
    url: url.href,
    timeoutMs,
    ...(password !== undefined && { password }),
    ...(tls && { tls }),
  });
}
