import { type Schedule, whenWords } from '../../../model/schedule/schedule.ts';
import { formatDuration } from '../../../model/text/duration.ts';

/** What a schedule is, field by field, in words: for a person to read, and to tell one from another. */
export interface ScheduleWords {
  readonly when: string;
  readonly timeZone: string;
  readonly overlap: string;
  readonly catchUp: string;
  readonly jitter: string;
  /** What a tick starts, and on which queue. */
  readonly starts: string;
}

export const scheduleWords = (schedule: Schedule, starts: string): ScheduleWords => ({
  when: whenWords(schedule.when),
  timeZone: schedule.timeZone,
  overlap: schedule.overlap,
  catchUp: formatDuration(schedule.catchUpMs),
  jitter: formatDuration(schedule.jitterMs),
  starts,
});
