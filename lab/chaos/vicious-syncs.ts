import { foldOf } from '../vices/destination.ts';
import { type Account, falsehoods, type Kept } from '../vices/oracle.ts';
import { saidOf } from '../vices/said.ts';
import type { Systems, ViciousSight } from './control.ts';
import { connect } from './evidence.ts';
import type { Random } from './random.ts';
import type { Runs } from './runs.ts';
import type { RunPlan } from './schedule.ts';
import type { ViciousPlan } from './vicious-systems.ts';

/** Syncs with vices that run in one round. */
const IN_A_ROUND = 2;
/** Numbers of records, of which some change before each run. */
const RECORDS = 13;

interface Parts {
  readonly systems: Pick<Systems, 'vicious'>;
  /** A way to PostgreSQL to which nothing is done. */
  readonly databaseUrl: string;
  readonly random: Random;
  /** Each sync, and the one who starts its runs. */
  readonly syncs: ReadonlyMap<ViciousPlan, Runs>;
}

/** The syncs of the yard whose systems have vices. After each run the oracle compares both sides with its word. */
export class ViciousSyncs {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Runs of some of them, while everything breaks. Answers what the oracle found. */
  async round(untilMs: () => number): Promise<string[]> {
    const { random, syncs, systems } = this.#parts;
    const left = [...syncs];
    const drawn = Array.from({ length: Math.min(IN_A_ROUND, left.length) }, () =>
      left.splice(random.int(0, left.length - 1), 1),
    ).flat();
    const found = drawn.map(async ([plan, runs]) => {
      const some = (most: number) => Array.from({ length: random.int(0, most) }, () => random.int(0, RECORDS - 1));
      await systems.vicious(plan.name, 'change', { changes: some(6), removals: some(2) });
      const run = { full: random.chance(0.4), ending: random.pick(['none', 'none', 'cancel']), endAtMs: 1500 } as const;
      const words = await this.#run(plan, runs, run, 'none', untilMs);
      await systems.vicious(plan.name, 'pass');
      return words;
    });
    return (await Promise.all(found)).flat();
  }

  /** The vices end, and three runs of each follow in which nothing breaks. */
  async finish(untilMs: () => number): Promise<string[]> {
    const { syncs, systems, random } = this.#parts;
    const found: string[] = [];
    for (const [plan, runs] of syncs) {
      await systems.vicious(plan.name, 'heal');
      const fullFirst = random.chance(0.5);
      for (const [peace, full] of [
        ['first', fullFirst],
        ['second', !fullFirst],
        ['last', true],
      ] as const) {
        found.push(...(await this.#run(plan, runs, { full, ending: 'none', endAtMs: 0 }, peace, untilMs)));
        await systems.vicious(plan.name, 'pass');
      }
    }
    return found;
  }

  async #run(
    { name, vices }: ViciousPlan,
    runs: Runs,
    plan: RunPlan,
    peace: Account['peace'],
    untilMs: () => number,
  ): Promise<string[]> {
    const before = await this.#parts.systems.vicious(name, 'look');
    const { run, end } = await runs.toEnd(plan, false, untilMs);
    if (end === 'stuck') return [`${name} (${vices.join(', ')}): a run is stuck`];
    const after = await this.#parts.systems.vicious(name, 'look');
    const ledger = await connect(this.#parts.databaseUrl, null);
    const { status, said } = await saidOf(ledger, run).finally(() => ledger.end());
    const found = falsehoods({
      // A run that was wiped out says nothing.
      status: end === 'COMPLETED' ? status : end,
      said,
      truth: unchanged(before, after),
      live: new Set([...before.truth, ...after.truth].map(({ id }) => id)),
      rows: after.rows.map(kept),
      fold: foldOf(new Set(vices)),
      emptied: false,
      repeats: vices.includes('repeated-key'),
      sent: after.sent - before.sent,
      peace,
    });
    return found.map((words) => `${name} (${vices.join(', ')}): ${words}`);
  }
}

/** No two contents are the same. */
function unchanged(before: ViciousSight, after: ViciousSight): readonly Kept[] {
  const texts = new Set(before.truth.map(({ id, text }) => `${id} ${text}`));
  return after.truth.filter(({ id, text }) => texts.has(`${id} ${text}`)).map(kept);
}

const kept = ({ id, text }: { readonly id: string; readonly text: string }): Kept => ({ key: id, text });
