import type { Ground } from './blows.ts';

export type Faults = Readonly<Record<string, number>>;

/** Counts the faults of a round: what was done to workers, servers and links, and what the two systems did. */
export class Tally {
  readonly #ground: Ground;
  #before: Faults = {};

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  async begin(): Promise<void> {
    this.#before = await this.#all();
  }

  /** Since it began. */
  async faults(): Promise<Faults> {
    const before = this.#before;
    return Object.fromEntries(
      Object.entries(await this.#all())
        .map(([what, count]) => [what, count - (before[what] ?? 0)] as const)
        .filter(([, count]) => count > 0),
    );
  }

  async #all(): Promise<Faults> {
    const { workers, systems } = this.#ground;
    return { ...workers.fired, ...(await systems.fired()) };
  }
}

/** Faults that surely met something: what was only done to a link may have met no traffic. */
export const felt = (faults: Faults): number =>
  Object.entries(faults).reduce((sum, [what, count]) => sum + (what.startsWith('link') ? 0 : count), 0);
