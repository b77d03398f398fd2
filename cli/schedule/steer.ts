import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { refusal, type SyncFailure } from '../../model/failure/failure.ts';
import { scheduleId } from '../../model/names.ts';
import { untilSeenMs } from '../../model/schedule/look.ts';
import { type Overlap, overlaps } from '../../model/schedule/schedule.ts';
import { workflowUrl } from '../../operations/runs/start.ts';
import { scheduleOf } from '../../operations/schedules/schedule-of.ts';
import type { AppliedSchedule } from '../../platform/temporal/schedules/decode.ts';
import { overlapNames } from '../../platform/temporal/schedules/encode.ts';
import { lastEditMs } from '../../project/fingerprint.ts';
import { syncVerb } from '../sync-verb.ts';

/** The server takes a trigger at its own pace; what it did not start within this was skipped. */
const TAKEN_WITHIN_MS = 5000;

export const triggerCommand = (): Command =>
  syncVerb(
    'trigger',
    'Starts now what a tick would start, by the overlap rule of the schedule; also while it is paused.',
    async ({ context, engine, sync }) => {
      // Whoever triggers a run just after an edit means the edit.
      await sleep(untilSeenMs(await lastEditMs(context.projectFolder), Date.now()));
      const before = await scheduleOf(engine, sync);
      const overlap = overlaps.find((one) => one === before.words.overlap) ?? 'skip';
      // Without a policy of its own a trigger would let runs overlap, whatever the schedule says.
      await engine.client.schedule.getHandle(scheduleId(sync)).trigger(overlapNames[overlap]);
      const started = await startedSince(before, () => scheduleOf(engine, sync));
      if (started === undefined) throw notStarted(sync, overlap, before.running);
      const url = workflowUrl(engine.client, engine.uiUrl, started);
      context.out.result({ sync, workflowId: started, url }, () => {
        context.out.line(`${sync} is started`);
        context.out.line(url ?? started);
      });
      return exitCode.ok;
    },
  );

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

interface NoteOptions {
  readonly note?: string;
}

export const pauseCommand = (): Command =>
  syncVerb<NoteOptions>(
    'pause',
    'Lets nothing begin by itself until `resume`; also across `apply`. A run under way goes on.',
    async ({ context, engine, sync, options: { note = 'paused from the command line' } }): Promise<ExitCode> => {
      await scheduleOf(engine, sync);
      await engine.client.schedule.getHandle(scheduleId(sync)).pause(note);
      context.out.result({ sync, paused: true, note }, () =>
        context.out.line(`the schedule of ${sync} is paused: ${note}`),
      );
      return exitCode.ok;
    },
  ).option('--note <text>', 'why, for whoever looks at it next');

export const resumeCommand = (): Command =>
  syncVerb<NoteOptions>(
    'resume',
    'Takes back a pause. Ticks that passed meanwhile are not caught up with.',
    async ({ context, engine, sync, options: { note = 'resumed from the command line' } }): Promise<ExitCode> => {
      await scheduleOf(engine, sync);
      await engine.client.schedule.getHandle(scheduleId(sync)).unpause(note);
      await engine.ledger.ticks.countFromNow(sync);
      context.out.result({ sync, paused: false, note }, () => context.out.line(`the schedule of ${sync} goes on`));
      return exitCode.ok;
    },
  ).option('--note <text>', 'why, for whoever looks at it next');
