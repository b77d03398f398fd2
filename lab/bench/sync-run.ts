import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TASK_QUEUE } from '../../model/names.ts';
import type { Counts, Reconciled } from '../../model/sync/batch.ts';
import { startRun } from '../../operations/runs/start.ts';
import type { Ground } from './ground.ts';
import { forgetPeak, type Usage, usageOf } from './processes.ts';
import { type HistoryFacts, historyFacts } from './stages.ts';

export interface SyncFacts extends HistoryFacts {
  readonly seconds: number;
  readonly status: string;
  readonly counts: Counts | null;
  readonly reconciled: Reconciled | null;
  readonly processes: Readonly<Record<string, Usage>>;
  /** How late the worker's event loop was, in milliseconds. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** What PostgreSQL wrote to its log of changes. */
  readonly walBytes: number;
}

/** Runs a sync once on the worker that is up, from its start to its end as Temporal tells it. */
export async function runSync(ground: Ground, sync: string, full: boolean): Promise<SyncFacts> {
  await ground.ledger.pool.query('checkpoint');
  await loopDelay(ground);
  const names = Object.entries(ground.pids).filter(([, pid]) => pid > 0);
  for (const [, pid] of names) await forgetPeak(pid);
  const before = new Map(await Promise.all(names.map(async ([name, pid]) => [name, await usageOf(pid)] as const)));
  const walBefore = await walPosition(ground);

  const beganMs = performance.now();
  const started = await startRun(ground.client, TASK_QUEUE, { sync, full, trigger: 'bench', uiUrl: null });
  await ground.client.workflow.getHandle(started.workflowId).result();
  const seconds = (performance.now() - beganMs) / 1000;

  const processes: Record<string, Usage> = {};
  for (const [name, pid] of names) {
    const after = await usageOf(pid);
    processes[name] = { cpuS: after.cpuS - (before.get(name)?.cpuS ?? 0), peakMiB: after.peakMiB };
  }
  const summary = await ground.ledger.reports.run(started.run);
  return {
    seconds,
    status: summary?.status ?? 'unknown',
    counts: summary?.counts ?? null,
    reconciled: summary?.reconciled ?? null,
    processes,
    loopDelayMs: await loopDelay(ground),
    walBytes: (await walPosition(ground)) - walBefore,
    ...(await historyFacts(ground.client, started.workflowId)),
  };
}

async function walPosition(ground: Ground): Promise<number> {
  const { rows } = await ground.ledger.pool.query<{ bytes: string }>(
    "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as bytes",
  );
  return Number(rows[0]?.bytes ?? 0);
}

/** Asks the worker's measuring part (loop-delay.ts) for what it has seen since the last time. */
async function loopDelay(ground: Ground): Promise<SyncFacts['loopDelayMs']> {
  await rm(ground.loopDelayFile, { force: true });
  process.kill(ground.worker.pid, 'SIGUSR2');
  for (let tries = 0; tries < 50; tries++) {
    await sleep(20);
    const text = await readFile(ground.loopDelayFile, 'utf8').catch(() => '');
    if (text.endsWith('}')) return JSON.parse(text);
  }
  return null;
}
