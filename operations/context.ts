import type { Environment } from '../platform/foundation/environment.ts';
import type { Progress } from '../platform/foundation/progress.ts';
import type { Authority, Who } from './authority.ts';
import type { Engine } from './engine.ts';

/** Who asks, and what an operation works with. */
export interface OperationContext {
  readonly who: Who;
  readonly authority: Authority;
  /** Absolute. It may not exist: reading it says so. */
  readonly projectFolder: string;
  readonly env: Environment;
  /** Told of what takes longer than a second. */
  readonly progress: Progress;
  /** Aborted when whoever asked has gone. Asked for by what waits: until then a terminal ends the program at once. */
  gone(): AbortSignal;
}

/** Of an operation that needs Temporal and the ledger. */
export interface EngineContext extends OperationContext {
  /** Opened when it is first asked for: what can be refused without it is refused at once. */
  engine(): Promise<Engine>;
}

/** Where Temporal answers, and its UI; null when that is not known. */
export interface TemporalPlace {
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly uiUrl: string | null;
}

/** The services of the project that are up, or should be; null where there is none. */
export interface RunningServices {
  readonly temporal: TemporalPlace | null;
  /** With password: never to be shown. */
  readonly databaseUrl: string | null;
}

/** Of an operation that looks at what is up, and starts nothing. */
export interface LookingContext extends OperationContext {
  running(): Promise<RunningServices>;
}
