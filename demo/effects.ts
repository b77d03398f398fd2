/** What happened to one invoice: how many effects, and with which source revisions, in order. */
export interface Effects {
  readonly effects: number;
  readonly revisions: readonly number[];
}

export function effectsByKey(effects: Iterable<readonly [string, number]>): Record<string, Effects> {
  const revisions = new Map<string, number[]>();
  for (const [externalId, revision] of effects) {
    const known = revisions.get(externalId);
    if (known) known.push(revision);
    else revisions.set(externalId, [revision]);
  }
  return Object.fromEntries(
    [...revisions].map(([externalId, list]) => [externalId, { effects: list.length, revisions: list }]),
  );
}
