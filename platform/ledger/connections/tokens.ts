import type { Pool } from 'pg';
import { query, transaction } from '../sql/sql.ts';

/** Others wait this long for the one that renews: longer than the longest call of most connections. */
const LOCK_TIMEOUT = '60s';

interface TokenRow {
  readonly generation: string;
  readonly sealed: Buffer | null;
}

/** Tokens of connections, sealed. The row of a connection is the lock under which its tokens are renewed. */
export function ledgerTokens(pool: Pool) {
  return {
    /** See TokenRows of platform/oauth. What `save` wrote is committed before `hold` answers. */
    async hold<T>(
      connection: string,
      work: (
        row: { generation: number; sealed: Buffer | null },
        save: (sealed: Buffer) => Promise<number>,
      ) => Promise<T>,
    ): Promise<T> {
      const what = `holding the tokens of ${connection}`;
      await query(pool, what, 'insert into tokens (connection) values ($1) on conflict do nothing', [connection]);
      return transaction(pool, what, async (sql) => {
        await sql.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
        const { rows } = await sql.query<TokenRow>(
          'select generation, sealed from tokens where connection = $1 for update',
          [connection],
        );
        const generation = Number(rows[0]?.generation ?? 0);
        return work({ generation, sealed: rows[0]?.sealed ?? null }, async (sealed) => {
          await sql.query(
            'update tokens set generation = generation + 1, sealed = $2, renewed_at = now() where connection = $1',
            [connection, sealed],
          );
          return generation + 1;
        });
      });
    },

    /** Drops the tokens of a connection where `isLost` says that they do not open; whether it did. */
    async forget(connection: string, isLost: (sealed: Buffer) => boolean): Promise<boolean> {
      return transaction(pool, `dropping the tokens of ${connection}`, async (sql) => {
        const { rows } = await sql.query<TokenRow>(
          'select generation, sealed from tokens where connection = $1 for update',
          [connection],
        );
        const sealed = rows[0]?.sealed;
        if (!sealed || !isLost(sealed)) return false;
        await sql.query('update tokens set generation = generation + 1, sealed = null where connection = $1', [
          connection,
        ]);
        return true;
      });
    },
  };
}
