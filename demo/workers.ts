import type { Child } from './child.ts';
import type { Screen } from './screen.ts';
import { type Keep, startWorkerProgram, type WorkerOptions } from './systems.ts';

/** The workers of the demo: one at a time, A, B and so on. */
export class Workers {
  kills = 0;
  current: Child | null = null;
  /** Orders that were done when the current worker was started: until there are more, it is only starting. */
  #doneAtStart = 0;
  readonly #options: Omit<WorkerOptions, 'name'>;
  readonly #keep: Keep;
  readonly #screen: Screen;
  #started = 0;

  constructor(options: Omit<WorkerOptions, 'name'>, keep: Keep, screen: Screen) {
    this.#options = options;
    this.#keep = keep;
    this.#screen = screen;
  }

  start(words: string, done = 0): void {
    this.#doneAtStart = done;
    const name = `worker ${String.fromCharCode('A'.charCodeAt(0) + this.#started++)}`;
    this.current = startWorkerProgram({ name, ...this.#options }, this.#keep);
    this.#say(this.#screen.style.good(`${name} started`), words, this.current);
  }

  /** As a power cut would end it: no time to finish or to say goodbye. */
  async kill(words: string): Promise<void> {
    const { current } = this;
    if (!current) return;
    this.current = null;
    await current.kill();
    this.kills++;
    this.#say(this.#screen.style.bad(`${current.name} killed`), words, current);
  }

  /** What happens now, in words; `waiting` while nothing can move. */
  now(done: number): { readonly worker: string; readonly waiting: boolean } {
    if (!this.current) return { worker: 'nobody works', waiting: true };
    const waiting = done === this.#doneAtStart;
    const words = !waiting ? 'works' : this.kills > 0 ? 'takes over' : 'starts';
    return { worker: `${this.current.name} ${words}`, waiting };
  }

  /** Throws when the worker at work has ended by itself, which it never should. */
  refuseDead(): void {
    if (this.current && !this.current.isAlive())
      throw new Error(`${this.current.name} ended by itself; see ${this.current.logFile}`);
  }

  #say(what: string, words: string, { pid }: Child): void {
    this.#screen.say(`  ${what}${words} ${this.#screen.style.faint(`(process ${pid})`)}`);
  }
}
