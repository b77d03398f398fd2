import type { Pool } from 'pg';

/**
 * A connection that breaks while nobody waits for it, idle or between two statements, would end the process. It is
 * nothing to report: an idle one is replaced at the next use, and the next statement on another one fails.
 */
export function surviveLostConnections(pool: Pool): void {
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
}
