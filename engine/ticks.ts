import type { Dependencies } from './dependencies.ts';

/** What this needs of the world, so that a command can do it too. */
export interface TickWorld extends Pick<Dependencies, 'ticksOf'> {
  readonly ledger: Pick<Dependencies['ledger'], 'ticks'>;
}

/**
 * Accounts for the ticks between the last one known and this one: nobody was told of them, because a run was open, the
 * schedule paused or no server up. Each is noted; none is lost silently.
 */
export async function noteTicks({ ledger, ticksOf }: TickWorld, sync: string, at: string): Promise<void> {
  const since = await ledger.ticks.accountedUntil(sync);
  if (since === null || since >= at) return;
  // From the last known tick on, itself included: with jitter it fired after its time.
  const from = new Date(Date.parse(since) - 1000).toISOString();
  const between = (await ticksOf(sync, from, at)).filter((tick) => tick >= since && tick < at);
  const unknown = unaccountedTicks(between, await ledger.ticks.known(sync, since, at));
  if (unknown.length > 0) await ledger.ticks.passed(sync, unknown);
}

/**
 * Of the times at which a schedule fired, those that belong to none of the ticks known. A tick is known by the time that
 * it was to be, and jitter makes it fire later: the first time from then on is its own. Both sorted, ISO 8601. Pure.
 */
export function unaccountedTicks(fired: readonly string[], known: readonly string[]): readonly string[] {
  const left = [...fired];
  for (const tick of known) {
    const own = left.findIndex((time) => time >= tick);
    if (own !== -1) left.splice(own, 1);
  }
  return left;
}
