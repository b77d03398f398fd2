import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Destination } from './project.ts';
import type { Testbed } from './testbed.ts';

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
export async function runLimit(testbed: Testbed, to: Destination, since: string | null): Promise<LimitFacts> {
  const where =
    to === 'http' ? ['--url', testbed.bulk] : ['--database', testbed.stack.databaseUrl, '--table', limitTable];
  const { stdout } = await run(process.execPath, [
    fileURLToPath(new URL('./limit/main.js', import.meta.url)),
    ...['--source', testbed.source, '--to', to, ...where],
    ...(since === null ? [] : ['--since', since]),
  ]);
  return facts.parse(JSON.parse(stdout));
}
