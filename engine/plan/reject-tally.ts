import type { Reject } from '../../model/record/prepared.ts';

export interface RejectGroup {
  readonly code: string;
  readonly field: string | null;
  readonly rule: string | null;
  readonly reason: string;
  records: number;
  readonly samples: RejectSample[];
}

export interface RejectSample {
  readonly key: string | null;
  /** As received: JSON text, cut. */
  readonly record: string | null;
}

const MOST_GROUPS = 50;
const SAMPLES_OF_GROUP = 3;
const SAMPLE_CHARACTERS = 300;

/** Groups rejects by their reason, with a few samples of each. Bounded: what comes after the last group is counted. */
export class RejectTally {
  readonly #groups = new Map<string, RejectGroup>();
  total = 0;

  add(rejects: readonly Reject[]): void {
    for (const reject of rejects) this.#add(reject);
  }

  /** Most frequent first. */
  groups(): readonly RejectGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.records - a.records);
  }

  #add({ code, field, rule, reason, key, record }: Reject): void {
    this.total++;
    const id = JSON.stringify([code, field, rule, reason]);
    let group = this.#groups.get(id);
    if (group === undefined) {
      if (this.#groups.size >= MOST_GROUPS) return;
      group = { code, field, rule, reason, records: 0, samples: [] };
      this.#groups.set(id, group);
    }
    group.records++;
    if (group.samples.length < SAMPLES_OF_GROUP) group.samples.push({ key, record: cut(record) });
  }
}

const cut = (text: string | null): string | null =>
  text === null || text.length <= SAMPLE_CHARACTERS ? text : `${text.slice(0, SAMPLE_CHARACTERS)}…`;
