import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Guard } from '../../stack/guard.ts';
import { HEARTBEAT_MS } from './heartbeat.ts';
import { stageOf } from './places.ts';
import type { Random } from './random.ts';
import { WORKERS } from './schedule.ts';

const program = fileURLToPath(new URL('../../workers/main.js', import.meta.url));

const signals = { kill: 'SIGKILL', term: 'SIGTERM' } as const;

/** A worker that ends sooner than this could not begin: what it needs is down. */
const QUICK_END_MS = 2000;

/** Worker processes that are always started again. */
export class Workers {
  /** What happened to them, and how often. */
  readonly fired: Record<string, number> = {};
  /** How often one was ended by `kill -9`. */
  kills = 0;
  readonly #children: (ChildProcess | undefined)[] = Array.from({ length: WORKERS });
  readonly #ready = new Set<ChildProcess>();
  readonly #env: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #random: Random;
  readonly #guard: Guard;
  readonly #log: WriteStream;
  readonly #keeping: Promise<void>[];
  #over = false;

  constructor(env: NodeJS.ProcessEnv, folder: string, random: Random, guard: Guard) {
    this.#env = env;
    this.#folder = folder;
    this.#random = random;
    this.#guard = guard;
    this.#log = createWriteStream(path.join(folder, 'workers.log'), { flags: 'a' });
    this.arm([]);
    this.#keeping = this.#children.map((_, slot) => this.#keep(slot));
  }

  /** Arms the failpoints of each worker, also of those that run: `NAME:PROBABILITY:ACTION`, or nothing. */
  arm(failpoints: readonly string[]): void {
    for (let slot = 0; slot < WORKERS; slot++) writeFileSync(this.#failpointFile(slot), failpoints[slot] ?? '');
  }

  /** Ends when every worker takes work: before that little could be broken. */
  async ready(): Promise<void> {
    while (this.#ready.size < WORKERS) await sleep(50);
  }

  hit(what: 'kill' | 'term', both: boolean): void {
    this.note(`${what} worker${both ? 's, both' : ''}`);
    for (const child of this.#some(both)) {
      if (what === 'kill') this.kills++;
      child.kill(signals[what]);
    }
  }

  /** A freeze for longer than the heartbeat time-out, of one worker or of both. */
  async freeze(both: boolean, forMs: number): Promise<void> {
    this.note(`freeze worker${both ? 's, both' : ''}`);
    const frozen = this.#some(both);
    for (const child of frozen) child.kill('SIGSTOP');
    await sleep(forMs);
    for (const child of frozen) child.kill('SIGCONT');
  }

  note(what: string): void {
    this.fired[what] = (this.fired[what] ?? 0) + 1;
  }

  async stop(): Promise<void> {
    this.#over = true;
    for (const child of this.#some(true)) child.kill('SIGKILL');
    await Promise.all(this.#keeping);
  }

  /** Every worker that runs, or one of those that take work. */
  #some(all: boolean): readonly ChildProcess[] {
    const running = this.#children.flatMap((child) => (child?.exitCode === null && !child.signalCode ? [child] : []));
    return all ? running : running.filter((child) => this.#ready.has(child)).slice(0, 1);
  }

  async #keep(slot: number): Promise<void> {
    while (!this.#over) {
      const startedMs = performance.now();
      const child = this.#start(slot);
      this.#children[slot] = child;
      await new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
      this.#ready.delete(child);
      if (child.pid !== undefined) this.#guard.forget(child.pid);
      if (performance.now() - startedMs < QUICK_END_MS) await sleep(300);
    }
  }

  #start(slot: number): ChildProcess {
    const env = {
      ...this.#env,
      SYNCLINE_FAILPOINT: `@${this.#failpointFile(slot)}`,
      SYNCLINE_FAILPOINT_SEED: String(this.#random.int(1, 1_000_000)),
      SYNCLINE_GRACE_SECONDS: '2',
    };
    const child = spawn(process.execPath, [program, '--project', this.#folder, '--watch-parent'], {
      env,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    child.stdin?.on('error', () => {});
    if (child.pid !== undefined) this.#guard.watch(child.pid, 'SIGKILL', 1000);
    if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => this.#heard(child, line));
    return child;
  }

  #failpointFile(slot: number): string {
    return path.join(this.#folder, `failpoint-${slot}`);
  }

  #heard(child: ChildProcess, line: string): void {
    this.#log.write(`${child.pid} ${line}\n`);
    if (line.includes('"worker ready"')) this.#ready.add(child);
    const [, place, action] = /^failpoint (\S+) (\w+)$/.exec(line) ?? [];
    if (place === undefined || action === undefined) return;
    this.note(`${action} at ${stageOf(place)}`);
    if (action === 'kill') this.kills++;
    // A worker that froze itself needs somebody to wake it, after another has taken over.
    if (action === 'stop') setTimeout(() => child.kill('SIGCONT'), HEARTBEAT_MS + this.#random.int(300, 900));
  }
}
