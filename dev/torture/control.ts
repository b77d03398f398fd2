import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Guard } from '../stack/guard.ts';

const records = z.array(z.object({ id: z.string(), version: z.number(), value: z.string().optional() }));
const counts = z.record(z.string(), z.number());

/** The systems as the yard steers them: it changes the source, breaks what answers, and reads what is true. */
export interface Systems {
  readonly port: number;
  change(added: number, changed: number): Promise<void>;
  /** The share of calls that go wrong from now on. */
  trouble(share: number): Promise<void>;
  truth(): Promise<z.output<typeof records>>;
  journal(of: string): Promise<z.output<typeof records>>;
  fired(): Promise<z.output<typeof counts>>;
  stop(): void;
}

export async function startSystems(seed: number, guard: Guard): Promise<Systems> {
  const program = fileURLToPath(new URL('./systems.js', import.meta.url));
  const child = spawn(process.execPath, [program, String(seed)], { stdio: ['pipe', 'pipe', 'inherit'] });
  if (child.pid !== undefined) guard.watch(child.pid, 'SIGKILL', 1000);
  const port = Number(await firstLine(createInterface({ input: child.stdout })));
  const ask = async (what: string): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${port}/control/${what}`)).json();
  return {
    port,
    change: async (added, changed) => void (await ask(`change?added=${added}&changed=${changed}`)),
    trouble: async (share) => void (await ask(`trouble?share=${share}`)),
    truth: async () => records.parse(await ask('truth')),
    journal: async (of) => records.parse(await ask(`journal?of=${of}`)),
    fired: async () => counts.parse(await ask('fired')),
    stop() {
      child.kill('SIGKILL');
      if (child.pid !== undefined) guard.forget(child.pid);
    },
  };
}

async function firstLine(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) return line;
  throw new Error('the systems of the yard ended before they listened');
}
