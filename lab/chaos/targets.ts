import type { Systems } from './control.ts';
import type { Servers } from './servers.ts';
import type { Workers } from './workers.ts';

/** What the faults of a round are injected into. */
export interface Targets {
  readonly servers: Servers;
  readonly systems: Systems;
  readonly workers: Workers;
}
