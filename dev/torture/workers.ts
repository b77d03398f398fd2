import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Guard } from '../stack/guard.ts';
import type { Random } from './random.ts';

const program = fileURLToPath(new URL('../../workers/main.js', import.meta.url));

/** Where a worker may die: around each durable note and each request of the steps. */
const places = [
  'runs.claim.after',
  'runs.close.before',
  'runs.close.after',
  'staging.beginFetch.after',
  'staging.stage.before',
  'staging.stage.after',
  'staging.closeFetch.before',
  'staging.closeFetch.after',
  'deliveries.begin.before',
  'deliveries.begin.after',
  'deliveries.openIntent.before',
  'deliveries.openIntent.after',
  'destination.write.after',
  'deliveries.settle.before',
  'deliveries.settle.after',
  'deliveries.close.before',
  'deliveries.close.after',
  'runs.counts.before',
] as const;

const signals = { kill: 'SIGKILL', term: 'SIGTERM', freeze: 'SIGSTOP' } as const;

/** Two worker processes that are always started again. */
export class Workers {
  readonly fired: Record<string, number> = {};
  readonly #children = new Set<ChildProcess>();
  readonly #env: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #random: Random;
  readonly #guard: Guard;
  readonly #log: WriteStream;
  #armed = false;
  #over = false;

  constructor(env: NodeJS.ProcessEnv, folder: string, random: Random, guard: Guard) {
    this.#env = env;
    this.#folder = folder;
    this.#random = random;
    this.#guard = guard;
    this.#log = createWriteStream(`${folder}/workers.log`, { flags: 'a' });
    for (let slot = 0; slot < 2; slot++) void this.#keepOne();
  }

  /** New workers get failpoints; those that run keep what they have. */
  arm(): void {
    this.#armed = true;
  }

  /** No failpoint any more: workers that have one are asked to end. */
  heal(): void {
    this.#armed = false;
    for (const child of this.#children) this.#send(child, 'SIGCONT', 'SIGTERM');
  }

  /** `kill -9`, a deployment, or a freeze for longer than the heartbeat time-out, of one worker or, at times, of both. */
  async hit(what: 'kill' | 'term' | 'freeze'): Promise<void> {
    const all = [...this.#children];
    const hit = this.#random.chance(0.25) ? all : all.slice(0, 1);
    this.note(`${what} worker${hit.length > 1 ? 's, both' : ''}`);
    for (const child of hit) this.#send(child, signals[what]);
    if (what !== 'freeze') return;
    await sleep(this.#random.int(2500, 4500));
    for (const child of hit) this.#send(child, 'SIGCONT');
  }

  note(what: string): void {
    this.fired[what] = (this.fired[what] ?? 0) + 1;
  }

  async stop(): Promise<void> {
    this.#over = true;
    for (const child of this.#children) this.#send(child, 'SIGKILL');
    while (this.#children.size > 0) await sleep(20);
  }

  #send(child: ChildProcess, ...signals: NodeJS.Signals[]): void {
    for (const signal of signals) if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  }

  async #keepOne(): Promise<void> {
    while (!this.#over) {
      const child = this.#start();
      this.#children.add(child);
      await new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
      this.#children.delete(child);
      if (child.pid !== undefined) this.#guard.forget(child.pid);
      await sleep(200);
    }
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, [program, '--project', this.#folder, '--watch-parent'], {
      env: { ...this.#env, ...this.#failpoints(), SYNCLINE_GRACE_SECONDS: '2', SYNCLINE_LOG_LEVEL: 'info' },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    child.stdin?.on('error', () => {});
    if (child.pid !== undefined) this.#guard.watch(child.pid, 'SIGKILL', 1000);
    if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => this.#heard(child, line));
    return child;
  }

  #failpoints(): NodeJS.ProcessEnv {
    if (!this.#armed || this.#random.chance(0.3)) return {};
    const armed = Array.from({ length: 2 }, () => {
      const action = this.#random.pick(['kill', 'kill', 'stop', 'term']);
      return `${this.#random.pick(places)}:${this.#random.pick(['0.1', '0.5'])}:${action}`;
    });
    const seed = String(this.#random.int(1, 1_000_000));
    return { SYNCLINE_FAILPOINT: armed.join(','), SYNCLINE_FAILPOINT_SEED: seed };
  }

  #heard(child: ChildProcess, line: string): void {
    this.#log.write(`${child.pid} ${line}\n`);
    const [, place, action] = /^failpoint (\S+) (\w+)$/.exec(line) ?? [];
    if (place === undefined || action === undefined) return;
    this.note(`${action} at ${place}`);
    if (action !== 'stop') return;
    // A worker that froze itself needs somebody to wake it, after another has taken over.
    setTimeout(() => this.#send(child, 'SIGCONT'), this.#random.int(2500, 4500));
  }
}
