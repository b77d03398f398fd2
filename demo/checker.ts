/** What the books did to one invoice, in the order it happened. */
export type Effect = readonly [externalId: string, sourceRevision: number];

/** The checker's verdict: it knows the shop's truth and the books' journal, and nothing of the engine between them. */
export interface Verdict {
  /** Valid orders whose present revision is what the books hold. */
  readonly delivered: number;
  /** Valid orders that never reached the books. */
  readonly lost: number;
  /** Effects beyond the first of the same order at the same revision. */
  readonly doubled: number;
  /** Valid orders that the books hold at another revision than the shop. */
  readonly stale: number;
  /** Invoices in the books that belong to no valid order. */
  readonly extra: number;
}

/** Compares the shop's valid orders (id to present revision) with every effect in the books. */
export function verdictOf(valid: ReadonlyMap<string, number>, effects: Iterable<Effect>): Verdict {
  const seen = new Map<string, Set<number>>();
  const held = new Map<string, number>();
  let doubled = 0;
  for (const [id, revision] of effects) {
    const revisions = seen.get(id) ?? new Set();
    if (revisions.has(revision)) doubled++;
    seen.set(id, revisions.add(revision));
    held.set(id, revision);
  }
  let lost = 0;
  let stale = 0;
  for (const [id, revision] of valid) {
    const inBooks = held.get(id);
    if (inBooks === undefined) lost++;
    else if (inBooks !== revision) stale++;
  }
  const extra = [...held.keys()].filter((id) => !valid.has(id)).length;
  return { delivered: valid.size - lost - stale, lost, doubled, stale, extra };
}

/** Whether both systems hold the same, each order once. */
export const isClean = (verdict: Verdict): boolean =>
  verdict.lost === 0 && verdict.doubled === 0 && verdict.stale === 0 && verdict.extra === 0;
