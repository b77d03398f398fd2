import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { scheduleId, schedulePauseNote } from '../../../model/names.ts';
import { pausedAfter } from './compare.ts';
import { type AppliedSchedule, decodeSchedule } from './decode.ts';
import { type DesiredSchedule, encodeSchedule } from './encode.ts';

/** The schedules of syncs on the queues given, by name. */
export async function appliedSchedules(
  client: Client,
  taskQueue: string,
  names: Iterable<string>,
): Promise<readonly AppliedSchedule[]> {
  // The list lags behind the server: those of the project are asked for by name, and the list is for orphans.
  const syncs = new Set(names);
  for await (const { scheduleId: id } of client.schedule.list()) {
    const sync = /^sync:([a-z0-9-]+)$/.exec(id)?.[1];
    if (sync !== undefined) syncs.add(sync);
  }
  const found = await Promise.all([...syncs].sort().map((sync) => appliedSchedule(client, sync)));
  return found.flatMap((one) => (one && one.taskQueue === taskQueue ? [one] : []));
}

/** Null when there is none. */
export async function appliedSchedule(client: Client, sync: string): Promise<AppliedSchedule | null> {
  try {
    return decodeSchedule(await client.schedule.getHandle(scheduleId(sync)).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

export async function createSchedule(client: Client, desired: DesiredSchedule): Promise<void> {
  const { paused } = desired.schedule;
  await client.schedule.create({
    scheduleId: scheduleId(desired.sync),
    ...encodeSchedule(desired),
    state: { paused, ...(paused && { note: schedulePauseNote }) },
  });
}

/** Makes the schedule what its file says; a pause by a person, and its note, stay. */
export async function changeSchedule(client: Client, desired: DesiredSchedule, from: AppliedSchedule): Promise<void> {
  const paused = pausedAfter(desired, from);
  const note = desired.schedule.paused ? schedulePauseNote : paused ? from.note : undefined;
  await client.schedule.getHandle(scheduleId(desired.sync)).update(({ state }) => ({
    ...encodeSchedule(desired),
    state: { ...state, paused, note },
  }));
}

export const deleteSchedule = (client: Client, sync: string): Promise<void> =>
  client.schedule.getHandle(scheduleId(sync)).delete();
