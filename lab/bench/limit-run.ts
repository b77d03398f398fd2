import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Ground } from './ground.ts';
import type { Destination } from './project.ts';

const run = promisify(execFile);

const facts = z.object({
  fetched: z.number(),
  written: z.number(),
  rejected: z.number(),
  seconds: z.number(),
  cpuS: z.number(),
  peakMiB: z.number(),
});
export type LimitFacts = z.output<typeof facts>;

export const limitTable = 'public.limit_invoices';

/** Runs the hand-written program once. `since`: only what changed at or after this time. */
export async function runLimit(ground: Ground, to: Destination, since: string | null): Promise<LimitFacts> {
  const where =
    to === 'http' ? ['--url', ground.bulk] : ['--database', ground.stack.databaseUrl, '--table', limitTable];
  const { stdout } = await run(process.execPath, [
    fileURLToPath(new URL('./limit/main.js', import.meta.url)),
    ...['--source', ground.source, '--to', to, ...where],
    ...(since === null ? [] : ['--since', since]),
  ]);
  return facts.parse(JSON.parse(stdout));
}
