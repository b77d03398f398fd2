import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The first line that a program writes; what follows is read and dropped. Throws when it ends before: `ended` says so. */
export async function firstLine(output: Readable, ended: string): Promise<string> {
  const lines = createInterface({ input: output });
  const [line]: unknown[] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  if (typeof line !== 'string') throw new Error(ended);
  return line;
}
