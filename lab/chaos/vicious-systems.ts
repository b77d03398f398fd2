import { z } from 'zod';
import { ViciousDestination } from '../vices/destination.ts';
import { recordsAtFirst, restClasses } from '../vices/options.ts';
import { ViciousSource } from '../vices/source.ts';
import { viceNames } from '../vices/vice.ts';

const plans = z.array(z.object({ name: z.string(), promise: z.enum(restClasses), vices: z.array(z.enum(viceNames)) }));

/** A sync of the yard whose two systems have vices. */
export type ViciousPlan = z.output<typeof plans>[number];

export const readVicious = (text: string): readonly ViciousPlan[] => plans.parse(JSON.parse(text));

/** By the clock of a source, between two rounds: more than the overlap of the yard's syncs. */
const PAUSE_MS = 120_000;
/** How far that clock is behind at first: no number of rounds takes it past the clock of the machine. */
const BEHIND_MS = 250 * PAUSE_MS;

interface Pair {
  readonly source: ViciousSource;
  readonly destination: ViciousDestination;
}

/** The systems with vices, each pair below the name of its sync. */
export class ViciousSystems {
  readonly #pairs: ReadonlyMap<string, Pair>;

  constructor(vicious: readonly ViciousPlan[]) {
    this.#pairs = new Map(vicious.map(({ name, vices }) => [name, pairOf(new Set(vices))]));
  }

  of(name: string): Pair | undefined {
    return this.#pairs.get(name);
  }

  /** What the yard asks of one pair: `look`, `change`, `pass` or `heal`. Answers both sides as they are then. */
  control(query: URLSearchParams): unknown {
    const pair = this.#pairs.get(query.get('name') ?? '');
    if (!pair) return {};
    const { source, destination } = pair;
    switch (query.get('what')) {
      case 'change':
        source.meanwhile({ changes: numbers(query.get('changes')), removals: numbers(query.get('removals')) });
        break;
      case 'pass':
        source.pass();
        destination.rest();
        break;
      case 'heal':
        destination.heal();
        source.heal();
    }
    return { truth: [...source.records], rows: destination.rows, sent: destination.sent };
  }
}

const numbers = (list: string | null): readonly number[] => (list ? list.split(',').map(Number) : []);

function pairOf(vices: ReadonlySet<ViciousPlan['vices'][number]>): Pair {
  const source = new ViciousSource(vices, Date.now() - BEHIND_MS, PAUSE_MS);
  for (let n = 0; n < recordsAtFirst(vices); n++) source.change(n);
  return { source, destination: new ViciousDestination(vices) };
}
