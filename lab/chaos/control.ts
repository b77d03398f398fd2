import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { firstLine } from '../../stack/first-line.ts';
import type { Guard } from '../../stack/guard.ts';
import type { Meanwhile } from '../vices/source.ts';
import type { Change } from './source.ts';
import type { ViciousPlan } from './vicious-systems.ts';

const records = z.array(
  z.object({ id: z.string(), version: z.number(), value: z.string().optional(), gone: z.literal(true).optional() }),
);
const row = z.object({ id: z.string(), text: z.string() });
const viciousSight = z.object({ truth: z.array(row), rows: z.array(row), sent: z.number() });
/** Both sides of a sync with vices as they are, and how many records its destination was sent so far. */
export type ViciousSight = z.output<typeof viciousSight>;
const counts = z.record(z.string(), z.number());

/** The systems as the yard steers them: it changes the source, breaks what answers, and reads what is true. */
export interface Systems {
  readonly port: number;
  change(change: Change): Promise<void>;
  /** The share of calls that go wrong from now on; and whether the source forgets most of its records. */
  trouble(share: number, forgets: boolean): Promise<void>;
  truth(): Promise<z.output<typeof records>>;
  /** What was deleted from the source, from the n-th on. */
  deletions(from: number): Promise<z.output<typeof records>>;
  /** The effects at a destination, from the n-th on. */
  journal(of: string, from: number): Promise<z.output<typeof records>>;
  fired(): Promise<z.output<typeof counts>>;
  /** The pages given since this was asked last, as `SYNC SINCE CURSOR`. */
  reads(): Promise<readonly string[]>;
  /** Steers the systems of one sync with vices; see ViciousSystems. */
  vicious(name: string, what: 'look' | 'change' | 'pass' | 'heal', more?: Partial<Meanwhile>): Promise<ViciousSight>;
  stop(): void;
}

export async function startSystems(seed: number, vicious: readonly ViciousPlan[], guard: Guard): Promise<Systems> {
  const program = fileURLToPath(new URL('./systems.js', import.meta.url));
  const child = spawn(process.execPath, [program, String(seed), JSON.stringify(vicious)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.pid !== undefined) guard.watch(child.pid, 'SIGKILL', 1000);
  const port = Number(await firstLine(child.stdout, 'the systems of the yard ended before they listened'));
  const ask = async (what: string, query: Readonly<Record<string, string | number>> = {}): Promise<unknown> => {
    const url = new URL(`http://127.0.0.1:${port}/control/${what}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return (await fetch(url)).json();
  };
  return {
    port,
    change: async (change) => void (await ask('change', { ...change })),
    trouble: async (share, forgets) => void (await ask('trouble', { share, forgets: forgets ? 1 : 0 })),
    truth: async () => records.parse(await ask('truth')),
    deletions: async (from) => records.parse(await ask('deletions', { from })),
    journal: async (of, from) => records.parse(await ask('journal', { of, from })),
    fired: async () => counts.parse(await ask('fired')),
    reads: async () => z.array(z.string()).parse(await ask('reads')),
    vicious: async (name, what, { changes = [], removals = [] } = {}) =>
      viciousSight.parse(
        await ask('vicious', { name, what, changes: changes.join(','), removals: removals.join(',') }),
      ),
    stop() {
      child.kill('SIGKILL');
      if (child.pid !== undefined) guard.forget(child.pid);
    },
  };
}
