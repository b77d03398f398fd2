import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TASK_QUEUE } from '../../model/names.ts';
import type { Counts, Reconciled } from '../../model/sync/batch.ts';
import { startRun } from '../../operations/runs/start.ts';
import { forgetPeak, type Usage, usageOf } from './processes.ts';
import { type HistoryFacts, historyFacts } from './stages.ts';
import type { Testbed } from './testbed.ts';

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
export async function runSync(testbed: Testbed, sync: string, full: boolean): Promise<SyncFacts> {
  await testbed.ledger.pool.query('checkpoint');
  await loopDelay(testbed);
  const names = Object.entries(testbed.pids).filter(([, pid]) => pid > 0);
  for (const [, pid] of names) await forgetPeak(pid);
  const before = new Map(await Promise.all(names.map(async ([name, pid]) => [name, await usageOf(pid)] as const)));
  const walBefore = await walPosition(testbed);

  const beganMs = performance.now();
  const started = await startRun(testbed.client, TASK_QUEUE, { sync, full, trigger: 'bench', uiUrl: null });
  await testbed.client.workflow.getHandle(started.workflowId).result();
  const seconds = (performance.now() - beganMs) / 1000;

  const processes: Record<string, Usage> = {};
  for (const [name, pid] of names) {
    const after = await usageOf(pid);
    processes[name] = { cpuS: after.cpuS - (before.get(name)?.cpuS ?? 0), peakMiB: after.peakMiB };
  }
  const summary = await testbed.ledger.reports.run(started.run);
  return {
    seconds,
    status: summary?.status ?? 'unknown',
    counts: summary?.counts ?? null,
    reconciled: summary?.reconciled ?? null,
    processes,
    loopDelayMs: await loopDelay(testbed),
    walBytes: (await walPosition(testbed)) - walBefore,
    ...(await historyFacts(testbed.client, started.workflowId)),
  };
}

async function walPosition(testbed: Testbed): Promise<number> {
  const { rows } = await testbed.ledger.pool.query<{ bytes: string }>(
    "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as bytes",
  );
  return Number(rows[0]?.bytes ?? 0);
}

/** Asks the worker's measuring part (loop-delay.ts) for what it has seen since the last time. */
async function loopDelay(testbed: Testbed): Promise<SyncFacts['loopDelayMs']> {
  await rm(testbed.loopDelayFile, { force: true });
  process.kill(testbed.worker.pid, 'SIGUSR2');
  for (let tries = 0; tries < 50; tries++) {
    await sleep(20);
    const text = await readFile(testbed.loopDelayFile, 'utf8').catch(() => '');
    if (text.endsWith('}')) return JSON.parse(text);
  }
  return null;
}
