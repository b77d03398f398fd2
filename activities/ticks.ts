import type { Dependencies } from './dependencies.ts';

/**
 * Accounts for the ticks between the last one known and this one: nobody was told of them, because a run was open, the
 * schedule paused or no server up. Each is noted; none is lost silently.
 */
export async function noteTicks({ ledger, ticksOf }: Dependencies, sync: string, at: string): Promise<void> {
  const since = await ledger.ticks.accountedUntil(sync);
  if (since === null || since >= at) return;
  const between = (await ticksOf(sync, since, at)).filter((tick) => tick > since && tick < at);
  if (between.length > 0) await ledger.ticks.passed(sync, between);
}
