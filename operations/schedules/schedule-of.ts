import { CommandFailed } from '../../cli/errors.ts';
import type { Engine } from '../../cli/runs/engine.ts';
import { exitCode } from '../../model/failure/exit-code.ts';
import type { AppliedSchedule } from '../../platform/temporal/schedules/decode.ts';
import { appliedSchedule } from '../../platform/temporal/schedules/schedules.ts';

/** The schedule of a sync as the server has it. */
export async function scheduleOf({ client }: Engine, sync: string): Promise<AppliedSchedule> {
  const applied = await appliedSchedule(client, sync);
  if (applied) return applied;
  throw new CommandFailed(
    'NOT_SCHEDULED',
    `\`${sync}\` has no schedule on the server`,
    exitCode.usage,
    'Give its file a `schedule`, then: syncline schedule apply',
  );
}
