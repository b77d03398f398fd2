import { z } from 'zod';
import { engineKeys } from '../../../crypto/engine-keys.ts';
import type { Keyring } from '../../../crypto/keyring.ts';

/** The tokens of one connection as they are kept. Times are milliseconds since 1970, by the clock of who renewed. */
const keptTokens = z.strictObject({
  /** What they were asked for with; when that changes they are worth nothing. */
  grant: z.string(),
  accessToken: z.string().optional(),
  refreshToken: z.string().optional(),
  issuedAtMs: z.number().optional(),
  /** Absent: nobody said. */
  expiresAtMs: z.number().optional(),
  /** The last request for a token was refused for good, with these credentials. */
  refusal: z.strictObject({ atMs: z.number(), credentials: z.string(), words: z.string() }).optional(),
});
export type KeptTokens = z.output<typeof keptTokens>;

/** Tokens and the number of their writing, which rises with each. */
export interface NumberedTokens {
  readonly generation: number;
  readonly tokens: KeptTokens | null;
}

export interface TokenStore {
  /**
   * Runs `work` while nobody else, in any process, runs one for this connection. What it saves is kept when the answer
   * of `hold` is there, and not before; when `work` throws nothing is kept. Throws LEDGER_UNAVAILABLE.
   */
  hold<T>(
    connection: string,
    work: (kept: NumberedTokens, save: (tokens: KeptTokens) => Promise<number>) => Promise<T>,
  ): Promise<T>;
}

/** Sealed tokens as a database keeps them, one row for each connection. */
export interface TokenRows {
  hold<T>(
    connection: string,
    work: (row: { generation: number; sealed: Buffer | null }, save: (sealed: Buffer) => Promise<number>) => Promise<T>,
  ): Promise<T>;
}

/** Keeps tokens encrypted with the keys of the engine, which are read anew each time, as they may be renewed. */
export function sealedTokens(
  rows: TokenRows,
  env: Readonly<Record<string, string | undefined>>,
  projectFolder: string,
): TokenStore {
  return {
    async hold(connection, work) {
      const ring = await engineKeys(env, projectFolder);
      const purpose = `token of ${connection}`;
      return rows.hold(connection, ({ generation, sealed }, save) =>
        work({ generation, tokens: sealed === null ? null : opened(ring, sealed, purpose) }, (tokens) =>
          save(ring.seal(Buffer.from(JSON.stringify(tokens), 'utf8'), purpose)),
        ),
      );
    },
  };
}

const opened = (ring: Keyring, sealed: Buffer, purpose: string): KeptTokens =>
  keptTokens.parse(JSON.parse(ring.open(sealed, purpose).toString('utf8')));
