import type { Schedule } from '../../model/schedule/schedule.ts';

/** Only a trigger starts a run. */
export const onlyTriggered: Schedule = {
  when: { kind: 'every', everyMs: 86_400_000, offsetMs: 0 },
  timeZone: 'UTC',
  overlap: 'skip',
  catchUpMs: 10_000,
  jitterMs: 0,
  paused: true,
};
