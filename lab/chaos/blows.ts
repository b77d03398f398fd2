import { setTimeout as sleep } from 'node:timers/promises';
import type { Blow, RoundPlan } from './schedule.ts';
import type { Targets } from './targets.ts';

/** Deals the blows of a round, each at its moment; ends when the last one is over. */
export async function deal(targets: Targets, plan: RoundPlan): Promise<void> {
  const fromMs = performance.now();
  const until = (atMs: number) => sleep(Math.max(0, fromMs + atMs - performance.now()));
  const pending: Promise<void>[] = [];
  for (const blow of plan.blows) {
    await until(blow.atMs);
    const dealt = strike(targets, plan, blow);
    // Awaited below; a failure before that must not count as unhandled.
    dealt.catch(() => {});
    pending.push(dealt);
  }
  await until(plan.lengthMs);
  await Promise.all(pending);
}

async function strike({ servers, systems, workers }: Targets, plan: RoundPlan, blow: Blow): Promise<void> {
  switch (blow.what) {
    case 'kill':
    case 'term':
      return workers.hit(blow.what, blow.both);
    case 'freeze':
      return workers.freeze(blow.both, blow.forMs);
    case 'cut':
      workers.note(`link: cut ${blow.link}`);
      return servers.links[blow.link].cut();
    case 'spoil':
      workers.note(`link: ${blow.toxic.type} ${blow.link}`);
      return servers.links[blow.link].spoil(blow.stream, blow.toxic);
    case 'heal links':
      return servers.heal();
    case 'kill Temporal':
      workers.note(blow.what);
      return servers.restartTemporal(blow.downMs);
    case 'kill PostgreSQL':
      workers.note(blow.what);
      return servers.restartPostgres(blow.downMs);
    case 'kill everything':
      workers.note(blow.what);
      workers.hit('kill', true);
      await Promise.all([servers.restartTemporal(blow.downMs), servers.restartPostgres(0)]);
      return;
    case 'change the source':
      return systems.change({ added: plan.added, changed: plan.changed, removed: Math.ceil(plan.removed / 2) });
  }
}
