import type { TlsRules } from '../connection.ts';

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
  /** `COPY … FROM STDIN`: writes the chunks to the server. */
  copyIn(text: string, chunks: Iterable<string | Buffer>): Promise<void>;
}
