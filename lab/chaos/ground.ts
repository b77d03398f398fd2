import type { Systems } from './control.ts';
import type { Servers } from './servers.ts';
import type { Workers } from './workers.ts';

export interface Ground {
  readonly servers: Servers;
  readonly systems: Systems;
  readonly workers: Workers;
}
