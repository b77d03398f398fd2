import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { built } from './built.ts';

const ofCheckout = built('workers/main.js');

/** A worker as it is deployed: the built program, in a process of its own. */
export interface WorkerProcess {
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** The status of `/livez` or `/readyz`. */
  probe(path: '/livez' | '/readyz'): Promise<number>;
  /** Ends it whatever it does. */
  kill(): Promise<void>;
}

/** Starts one and waits until it is ready. Throws with its log when it ends before. `program`: that of another package. */
export async function startWorkerProcess(
  env: Readonly<Record<string, string>>,
  program = ofCheckout,
): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [program, '--watch-parent'], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], SYNCLINE_HEALTH_ADDRESS: '127.0.0.1:0', ...env },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  const log: string[] = [];
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      const [, found] = /"health":(\d+).*"worker ready"/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then((code) => reject(new Error(`the worker ended with ${code}:\n${log.join('\n')}`)));
  });
  return {
    ended,
    signal: (signal) => void child.kill(signal),
    probe: async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).status,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
