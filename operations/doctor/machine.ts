import type { LookingContext } from '../context.ts';
import type { Finding } from './finding.ts';

/** What only that machine can say on which the engine starts its own services. */
export interface Machine {
  /** What runs the engine, its disk and ports. */
  itself(): Promise<readonly Finding[]>;
  /** Whether Temporal could be started. */
  temporal(): Promise<readonly Finding[]>;
  /** The server at this address; null: whether PostgreSQL could be started. */
  postgres(databaseUrl: string | null): Promise<Finding>;
}

/** Of an operation that also looks at the machine. */
export interface MachineContext extends LookingContext {
  readonly machine: Machine;
}
