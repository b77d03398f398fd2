import type { Pool } from 'pg';
import { query } from '../sql/sql.ts';

/** The certificate that a host of a connection last showed. */
export interface SeenCertificate {
  readonly connection: string;
  readonly host: string;
  /** ISO 8601: when it ends. */
  readonly validTo: string;
}

/** The same is not noted again within this. */
const KNOWN_MS = 3_600_000;

/** Certificates of the systems that are called, so that their end is known before it comes. */
export function ledgerCertificates(pool: Pool) {
  const noted = new Map<string, number>();
  return {
    async note(connection: string, host: string, validTo: Date): Promise<void> {
      const id = JSON.stringify([connection, host, validTo.getTime()]);
      if (performance.now() - (noted.get(id) ?? Number.NEGATIVE_INFINITY) < KNOWN_MS) return;
      noted.set(id, performance.now());
      await query(
        pool,
        'noting a certificate',
        `insert into certificates (connection, host, valid_to, seen_at) values ($1, $2, $3, now())
         on conflict (connection, host) do update set valid_to = excluded.valid_to, seen_at = excluded.seen_at`,
        [connection, host, validTo],
      );
    },

    /** Those seen in the last month, the first to end first. */
    async all(): Promise<readonly SeenCertificate[]> {
      const rows = await query<{ connection: string; host: string; valid_to: Date }>(
        pool,
        'reading the certificates',
        "select connection, host, valid_to from certificates where seen_at > now() - interval '30 days' order by valid_to",
      );
      return rows.map(({ connection, host, valid_to }) => ({ connection, host, validTo: valid_to.toISOString() }));
    },
  };
}
