import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, RoundPlan } from './schedule.ts';
import type { Targets } from './targets.ts';

/** Injects the faults of a round, each at its moment; ends when the last one is over. */
export async function injectFaults(targets: Targets, plan: RoundPlan): Promise<void> {
  const fromMs = performance.now();
  const until = (atMs: number) => sleep(Math.max(0, fromMs + atMs - performance.now()));
  const pending: Promise<void>[] = [];
  for (const fault of plan.faults) {
    await until(fault.atMs);
    const injected = inject(targets, plan, fault);
    // Awaited below; a failure before that must not count as unhandled.
    injected.catch(() => {});
    pending.push(injected);
  }
  await until(plan.lengthMs);
  await Promise.all(pending);
}

async function inject({ servers, systems, workers }: Targets, plan: RoundPlan, fault: Fault): Promise<void> {
  switch (fault.what) {
    case 'kill':
    case 'term':
      return workers.hit(fault.what, fault.both);
    case 'freeze':
      return workers.freeze(fault.both, fault.forMs);
    case 'cut':
      workers.note(`link: cut ${fault.link}`);
      return servers.links[fault.link].cut();
    case 'spoil':
      workers.note(`link: ${fault.toxic.type} ${fault.link}`);
      return servers.links[fault.link].spoil(fault.stream, fault.toxic);
    case 'heal links':
      return servers.heal();
    case 'kill Temporal':
      workers.note(fault.what);
      return servers.restartTemporal(fault.downMs);
    case 'kill PostgreSQL':
      workers.note(fault.what);
      return servers.restartPostgres(fault.downMs);
    case 'kill everything':
      workers.note(fault.what);
      workers.hit('kill', true);
      await Promise.all([servers.restartTemporal(fault.downMs), servers.restartPostgres(0)]);
      return;
    case 'change the source':
      return systems.change({ added: plan.added, changed: plan.changed, removed: Math.ceil(plan.removed / 2) });
  }
}
