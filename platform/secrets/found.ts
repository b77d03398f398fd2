/** What a provider needs of the world. */
export interface SecretWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of secret files start here. */
  readonly projectFolder: string;
}

/**
 * - `missing`: it is not there, which a person mends
 * - `exposed`: it lies open to other users, and is not taken
 * - `unavailable`: its store does not answer at this moment
 */
export type SecretFault = 'missing' | 'exposed' | 'unavailable';

export interface NoSecret {
  readonly fault: SecretFault;
  /** A sentence that names the reference, never the value. */
  readonly reason: string;
}

/** A secret, or why there is none. */
export type FoundSecret = { readonly value: string } | NoSecret;

export const noSecret = (fault: SecretFault, reason: string): NoSecret => ({ fault, reason });
