import type { Runs } from './runs.ts';
import type { Targets } from './targets.ts';

export type FaultCounts = Readonly<Record<string, number>>;

/** Counts the faults of a round: what was done to workers, servers and links, and what the two systems did. */
export class Tally {
  readonly #targets: Targets;
  readonly #runs: readonly Runs[];
  #before: FaultCounts = {};

  constructor(targets: Targets, runs: readonly Runs[]) {
    this.#targets = targets;
    this.#runs = runs;
  }

  async begin(): Promise<void> {
    this.#before = await this.#all();
  }

  /** Since it began. */
  async faults(): Promise<FaultCounts> {
    const before = this.#before;
    return Object.fromEntries(
      Object.entries(await this.#all())
        .map(([what, count]) => [what, count - (before[what] ?? 0)] as const)
        .filter(([, count]) => count > 0),
    );
  }

  async #all(): Promise<FaultCounts> {
    const { workers, systems } = this.#targets;
    return { ...sumOf(this.#runs), ...workers.fired, ...(await systems.fired()) };
  }
}

function sumOf(runs: readonly Runs[]): FaultCounts {
  const sum: Record<string, number> = {};
  for (const { fired } of runs) for (const [what, count] of Object.entries(fired)) sum[what] = (sum[what] ?? 0) + count;
  return sum;
}

/** Faults that surely met something. What was only done to a link may have met no traffic; waiting follows from a fault. */
export const felt = (faults: FaultCounts): number =>
  Object.entries(faults).reduce((sum, [what, count]) => sum + (/^link|^run: waited/.test(what) ? 0 : count), 0);
