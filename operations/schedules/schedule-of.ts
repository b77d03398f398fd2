import { refusal } from '../../model/failure/failure.ts';
import type { AppliedSchedule } from '../../platform/temporal/schedules/decode.ts';
import { appliedSchedule } from '../../platform/temporal/schedules/schedules.ts';
import type { Engine } from '../engine.ts';

/** The schedule of a sync as the server has it. */
export async function scheduleOf({ client }: Engine, sync: string): Promise<AppliedSchedule> {
  const applied = await appliedSchedule(client, sync);
  if (applied) return applied;
  throw refusal('NOT_SCHEDULED', `\`${sync}\` has no schedule on the server`);
}
