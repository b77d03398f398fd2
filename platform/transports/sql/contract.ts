import type { TlsRules } from '../../../model/connection/connection.ts';
import type { Transport } from '../../../model/connector/transport.ts';

export interface SqlConfig {
  readonly tls?: TlsRules;
  /** `postgresql://user@host:5432/database`, without a password. */
  readonly url: string;
  readonly password?: string;
  readonly timeoutMs: number;
}

export interface SqlPool {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs `work` in one transaction on one connection: committed when it resolves, rolled back when it throws. */
  transaction<T>(work: (sql: SqlSession) => Promise<T>): Promise<T>;
}

export interface SqlSession {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** `COPY … FROM STDIN` with rows in the format that it states; all of them are in memory at once, as a request is. */
  copyIn(text: string, rows: Iterable<string | Buffer>): Promise<void>;
}

/** Databases that speak the protocol of PostgreSQL: one pool for each address and password. */
export const sqlTransport: Transport<SqlConfig, SqlPool> = { name: 'sql' };
