import type { Destination } from '../../model/connector/connector.ts';
import type { Kept } from '../vices/oracle.ts';

/** The far end of a simulation with vices: what the engine writes to, and what the oracle and whoever mends it see of it. */
export interface ViciousEnd {
  open(): Destination;
  rows(): Promise<readonly Kept[]>;
  /** Whether somebody has something to mend. */
  readonly isClosed: boolean;
  mend(): Promise<void>;
  /** Nothing comes for a while. */
  rest(): void;
  /** The vices end. Which keys it takes for one stays. */
  heal(): Promise<void>;
  close(): Promise<void>;
}
