import type { Client } from '@temporalio/client';
import { msToTs, optionalTsToDate } from '@temporalio/common/lib/time.js';
import { scheduleId } from '../../../model/names.ts';
import { DAY_MS } from '../../../model/text/duration.ts';

const NOT_FOUND = 5;

/**
 * The ticks of a sync's schedule after `from` and until `until`, as Temporal counts them: at most a thousand, ISO 8601 to
 * the second. None when there is no such schedule.
 */
export async function matchingTimes(
  client: Pick<Client, 'workflowService' | 'options'>,
  sync: string,
  from: Date,
  until: Date,
): Promise<readonly string[]> {
  try {
    const found = await client.workflowService.listScheduleMatchingTimes({
      namespace: client.options.namespace,
      scheduleId: scheduleId(sync),
      startTime: msToTs(from.getTime()),
      endTime: msToTs(until.getTime()),
    });
    return (found.startTime ?? []).flatMap((at) => isoSecond(optionalTsToDate(at)));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === NOT_FOUND) return [];
    throw error;
  }
}

const isoSecond = (at: Date | undefined): string[] => (at ? [at.toISOString().replace(/\.\d+Z$/, 'Z')] : []);

/** Looked for in windows that grow, because a schedule may fire each minute or each year. */
const WINDOWS_MS = [DAY_MS / 24, DAY_MS, 31 * DAY_MS, 366 * DAY_MS, 5 * 366 * DAY_MS];

/** The next `limit` times at which a sync's schedule fires, jitter included; fewer when there are no more in five years. */
export async function nextTimes(client: Client, sync: string, from: Date, limit: number): Promise<readonly string[]> {
  let found: readonly string[] = [];
  for (const windowMs of WINDOWS_MS) {
    found = await matchingTimes(client, sync, from, new Date(from.getTime() + windowMs));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}
