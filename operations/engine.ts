import type { Client } from '@temporalio/client';
import type { Ledger } from '../platform/ledger/ledger.ts';

/** Temporal and the ledger, as operations use them. */
export interface Engine {
  readonly client: Client;
  readonly taskQueue: string;
  readonly ledger: Ledger;
  /** Of the Temporal UI; null when it is not known. */
  readonly uiUrl: string | null;
  /** It ends with whoever asked: nobody acts on what is left waiting. */
  readonly isTemporary: boolean;
  /** Starts a worker when none polls; says whether it did. It ends with the engine. */
  ensureWorker(): Promise<boolean>;
  /** Starts a worker, whatever seems to poll: a worker that died is listed as a poller for a minute. */
  startWorker(): Promise<void>;
}
