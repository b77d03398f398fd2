import { carriable } from '../../../model/connection/auth.ts';
import type { Connection } from '../../../model/connection/connection.ts';
import type { ReadSecret } from '../../../model/connection/secret.ts';
import { SyncFailure } from '../../../model/failure/failure.ts';
import type { TokenStore } from './oauth/token-store.ts';

/** What it takes to prove who we are. */
export interface Credentials {
  readonly connection: Connection;
  readonly readSecret: ReadSecret;
  readonly clock: { now(): number };
  /** Where OAuth tokens are kept, and renewed by one process at a time. */
  readonly tokens?: TokenStore | undefined;
}

/** A secret with a line break cannot stand in a header; the error of Node would not say which secret it was. */
export function carriableSecret(value: string, connection: string): string {
  if (carriable(value)) return value;
  throw new SyncFailure(
    'SECRET_MISSING',
    `The secret of the connection ${connection} holds a character that a header cannot carry, such as a line break.`,
    { effect: 'none' },
  );
}
