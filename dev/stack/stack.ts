import type { Progress } from '../../platform/progress.ts';

/** Where the two services of the engine answer. */
export interface StackAddresses {
  /** `host:port` of the Temporal frontend. */
  readonly temporalAddress: string;
  readonly namespace: string;
  /** Of the Temporal UI; null when it is not known. */
  readonly uiUrl: string | null;
  /** With password: never print or log it. */
  readonly databaseUrl: string;
}

export interface Stack extends StackAddresses {
  /** Whether `stop` ends a service that was started here. */
  readonly owned: boolean;
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly projectFolder: string;
  readonly progress: Progress;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Temporal and PostgreSQL for a command. Each of the two by itself: TEMPORAL_ADDRESS or DATABASE_URL when set, else a
 * running `dev` of this project, else an embedded one that lives as long as the caller.
 *
 * Throws STACK_FAILED, STACK_IN_USE, TEMPORAL_UNAVAILABLE or LEDGER_UNAVAILABLE.
 */
export async function openStack(_options: StackOptions): Promise<Stack> {
  throw new Error('not built yet');
}
