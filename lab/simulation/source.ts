import { z } from 'zod';
import type { Page, Source } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { SimulatedRun } from './schedule.ts';

export const simulatedRecord = z.object({ id: z.string(), version: z.number(), value: z.string() });
export type SimulatedRecord = z.output<typeof simulatedRecord>;

/** Records of a page; batches of the simulation hold two. */
const PAGE_RECORDS = 3;

/** The source of the simulation: records by id, each at the number of the change that made it so. */
export class SimulatedSource {
  readonly records = new Map<string, SimulatedRecord>();
  readonly deletions: { readonly id: string; readonly version: number }[] = [];
  /** How it answers from now on; one that breaks does so once. */
  read: SimulatedRun['read'] = 'whole';
  #version = 0;

  change(n: number): void {
    const version = ++this.#version;
    this.records.set(`r${n}`, { id: `r${n}`, version, value: `v${version}` });
  }

  delete(n: number): void {
    if (this.records.delete(`r${n}`)) this.deletions.push({ id: `r${n}`, version: ++this.#version });
  }

  /** A position is the index of the next record. */
  open(): Source {
    return {
      can: { incremental: true, provesEnd: true, ordered: false },
      read: ({ position, since }) => this.#pages(Number(position ?? 0), Number(since ?? 0)),
      decode: (body) => JSON.parse(body.toString()),
    };
  }

  async *#pages(start: number, since: number): AsyncIterable<Page> {
    const all = this.read === 'forgets' ? [] : [...this.records.values()].filter(({ version }) => version >= since);
    all.sort((a, b) => a.version - b.version);
    for (let at = start; ; at += PAGE_RECORDS) {
      if (at > 0) this.#mayBreak();
      const records = all.slice(at, at + PAGE_RECORDS).map((record) => ({ ...record }));
      const next = at + PAGE_RECORDS < all.length ? at + PAGE_RECORDS : null;
      yield { body: Buffer.from(JSON.stringify(records)), records, next };
      if (next === null) return;
    }
  }

  #mayBreak(): void {
    if (this.read !== 'breaks') return;
    this.read = 'whole';
    throw new SyncFailure('CONNECTION_LOST', 'the read ended in the middle', { effect: 'none' });
  }
}
