import type { Log } from '../model/connector/connector.ts';
import type { EndpointWorld, LoadedSync } from '../model/sync/project.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';
import type { Attempt } from './attempt.ts';
import type { Bulkhead } from './batches/bulkhead.ts';
import type { BatchCache } from './batches/cache.ts';
import type { EncodeAhead } from './batches/encode-ahead.ts';
import type { SeenLedgers } from './seen-ledgers.ts';

/** All that the steps need of the world; built by the worker, or by a test. */
export interface Dependencies {
  readonly projects: {
    /** The sync as its files are now, or were less than `maxAgeMs` ago (default 0). Throws SYNC_UNKNOWN or PROJECT_INVALID. */
    current(sync: string, maxAgeMs?: number): Promise<LoadedSync>;
    /** The sync as it was when a run began. Throws SYNC_CHANGED when that version is gone. */
    version(sync: string, version: string): Promise<LoadedSync>;
    /** Other syncs of the project that write to the same place as this one. */
    sharing(sync: string): Promise<readonly string[]>;
  };
  readonly world: EndpointWorld;
  readonly ledger: Pick<
    Ledger,
    | 'runs'
    | 'staging'
    | 'deliveries'
    | 'deletes'
    | 'quarantine'
    | 'samples'
    | 'ticks'
    | 'drift'
    | 'notices'
    | 'unagreed'
    | 'recovery'
  > & { readonly compare: Pick<Ledger['compare'], 'chosenKeys'> };
  /** The attempt at a step that is at work. */
  readonly attempt: () => Attempt;
  readonly cache: BatchCache;
  readonly encodeAhead: EncodeAhead;
  /** Holds the steps that call a system, so that none takes every place. */
  readonly bulkhead: Pick<Bulkhead, 'hold'>;
  /** Whether a workflow is still open, by Temporal's word. */
  readonly isWorkflowOpen: (workflowId: string) => Promise<boolean>;
  /** The workflow of the run of a sync that last ended well, of those that began after `after` (ISO 8601), by Temporal's word. */
  readonly lastEndedWell: (sync: string, after: string | null) => Promise<string | undefined>;
  readonly seenLedgers: SeenLedgers;
  /** Has the steps of a run that wait for their next attempt tried at once. */
  readonly hurry: (workflowId: string) => Promise<void>;
  /** The ticks of a sync's schedule after `from` and until `until`, by Temporal's word; all ISO 8601, to the second. */
  readonly ticksOf: (sync: string, from: string, until: string) => Promise<readonly string[]>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}
