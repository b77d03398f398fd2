import { z } from 'zod';
import { compareSchedules, type ScheduleChange } from '../../platform/temporal/schedules/compare.ts';
import type { AppliedSchedule } from '../../platform/temporal/schedules/decode.ts';
import type { DesiredSchedule } from '../../platform/temporal/schedules/encode.ts';
import {
  appliedSchedules,
  changeSchedule,
  createSchedule,
  deleteSchedule,
} from '../../platform/temporal/schedules/schedules.ts';
import { loadProject } from '../../project/load.ts';
import type { EngineContext } from '../context.ts';
import type { Engine } from '../engine.ts';
import { operation } from '../operation.ts';
import { desiredSchedules } from './desired-schedules.ts';

const fieldChange = z.object({
  field: z.enum(['when', 'timeZone', 'overlap', 'catchUp', 'jitter', 'starts', 'paused']),
  from: z.string().nullable(),
  to: z.string(),
});

/** What there is to do about a schedule; see `ScheduleChange`. */
const scheduleChange = z.object({
  sync: z.string(),
  action: z.enum(['create', 'change', 'unchanged', 'orphan']),
  fields: z.array(fieldChange).readonly(),
});

/**
 * Makes the schedules on the server equal to the files of the project. `prune`: those that no file asks for are removed.
 * `dryRun`: only says what there is to do. Throws PROJECT_INVALID while a file is in error.
 */
export const applySchedules = operation({
  name: 'schedule.apply',
  effect: 'acts',
  input: z.object({ prune: z.boolean(), dryRun: z.boolean() }),
  document: z.object({ applied: z.boolean(), pruned: z.boolean(), schedules: z.array(scheduleChange).readonly() }),
  target: () => null,
  async work(context: EngineContext, { prune, dryRun }) {
    // All files have to be sound: a sync that cannot be read must not look like one that is gone.
    const project = await loadProject(context.projectFolder, context.env);
    const engine = await context.engine();
    const desired = desiredSchedules(project, engine.taskQueue);
    const applied = await appliedSchedules(engine.client, engine.taskQueue, project.syncs.keys());
    const schedules = compareSchedules(desired, applied);
    if (!dryRun) for (const change of schedules) await carryOut(engine, change, { desired, applied, prune });
    return { applied: !dryRun, pruned: !dryRun && prune, schedules };
  },
});

interface Sides {
  readonly desired: readonly DesiredSchedule[];
  readonly applied: readonly AppliedSchedule[];
  readonly prune: boolean;
}

async function carryOut({ client, ledger }: Engine, { sync, action }: ScheduleChange, sides: Sides): Promise<void> {
  const desired = sides.desired.find((one) => one.sync === sync);
  const applied = sides.applied.find((one) => one.sync === sync);
  if (action === 'orphan' && sides.prune) await deleteSchedule(client, sync);
  if (action === 'create' && desired) await createSchedule(client, desired);
  if (action === 'change' && desired && applied) await changeSchedule(client, desired, applied);
  // What passed under another schedule is no tick of this one.
  if (action === 'create' || action === 'change') await ledger.ticks.countFromNow(sync);
}
