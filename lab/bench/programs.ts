import { join } from 'node:path';
import { z } from 'zod';
import { type Child, startChild } from '../../demo/child.ts';

export interface Program {
  readonly child: Child;
  readonly url: string;
}

const announcement = z.object({ url: z.string() });

/** Starts the source or the HTTP destination of the benchmark as a process of its own. */
export async function startProgram(
  name: 'source' | 'bulk',
  args: readonly string[],
  logFolder: string,
  keep: (child: Child) => void,
): Promise<Program> {
  const child = startChild({
    name,
    program: `../lab/bench/${name}.js`,
    args: [...args, '--while-stdin-open', 'yes'],
    env: process.env,
    logFile: join(logFolder, `${name}.log`),
  });
  keep(child);
  return { child, ...announcement.parse(JSON.parse(await child.announcement())) };
}
