import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { refusal, type SyncFailure } from '../../model/failure/failure.ts';
import { scheduleId } from '../../model/names.ts';
import { untilSeenMs } from '../../model/schedule/look.ts';
import { type Overlap, overlaps } from '../../model/schedule/schedule.ts';
import type { AppliedSchedule } from '../../platform/temporal/schedules/decode.ts';
import { overlapNames } from '../../platform/temporal/schedules/encode.ts';
import { lastEditMs } from '../../project/fingerprint.ts';
import type { EngineContext } from '../context.ts';
import { operation } from '../operation.ts';
import { workflowUrl } from '../runs/start.ts';
import { scheduleOf } from './schedule-of.ts';

/** The server takes a trigger at its own pace; what it did not start within this was skipped. */
const TAKEN_WITHIN_MS = 5000;

/**
 * Starts now what a tick would start, by the overlap rule of the schedule; also while it is paused. Throws NOT_SCHEDULED,
 * and TICK_SKIPPED where that rule starts nothing because a run is open.
 */
export const triggerSchedule = operation({
  name: 'schedule.trigger',
  effect: 'acts',
  input: z.object({ sync: z.string() }),
  document: z.object({ sync: z.string(), workflowId: z.string(), url: z.string().nullable() }),
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync }) {
    const engine = await context.engine();
    // Whoever triggers a run just after an edit means the edit.
    await sleep(untilSeenMs(await lastEditMs(context.projectFolder), Date.now()));
    const before = await scheduleOf(engine, sync);
    const overlap = overlaps.find((one) => one === before.words.overlap) ?? 'skip';
    // Without a policy of its own a trigger would let runs overlap, whatever the schedule says.
    await engine.client.schedule.getHandle(scheduleId(sync)).trigger(overlapNames[overlap]);
    const workflowId = await startedSince(before, () => scheduleOf(engine, sync));
    if (workflowId === undefined) throw notStarted(sync, overlap, before.running);
    return { sync, workflowId, url: workflowUrl(engine.client, engine.uiUrl, workflowId) };
  },
});

async function startedSince(
  before: AppliedSchedule,
  look: () => Promise<AppliedSchedule>,
): Promise<string | undefined> {
  const known = new Set(before.recent.map(({ workflowId }) => workflowId));
  const until = performance.now() + TAKEN_WITHIN_MS;
  while (performance.now() < until) {
    const found = (await look()).recent.find(({ workflowId }) => !known.has(workflowId));
    if (found) return found.workflowId;
    await sleep(100);
  }
  return undefined;
}

const notStarted = (sync: string, overlap: Overlap, running: readonly string[]): SyncFailure =>
  refusal(
    'TICK_SKIPPED',
    overlap === 'buffer one'
      ? `\`${sync}\` begins when ${running[0] ?? 'the open run'} has ended`
      : `nothing was started: ${running[0] ?? 'a run of the schedule'} is open`,
    { todo: '{status}', about: { sync } },
  );
