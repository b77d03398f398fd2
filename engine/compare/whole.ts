import type { Destination } from '../../model/connector/connector.ts';
import type { EndpointWorld, LoadedSync } from '../../model/sync/project.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';

export interface CompareOptions {
  /** Extra records to name, at the most. Default 20. */
  readonly extras?: number;
  readonly signal: AbortSignal;
  readonly tell: (progress: { readonly checked: number; readonly of: number }) => void;
}

/** What a comparison works with. */
export interface Whole extends CompareOptions {
  readonly world: EndpointWorld;
  readonly loaded: LoadedSync;
  readonly destination: Destination;
  readonly compare: Ledger['compare'];
  readonly syncId: number;
  /** Records that the ledger says were delivered. */
  readonly of: number;
}
