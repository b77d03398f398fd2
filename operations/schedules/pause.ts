import { z } from 'zod';
import { scheduleId } from '../../model/names.ts';
import type { EngineContext } from '../context.ts';
import { operation } from '../operation.ts';
import { scheduleOf } from './schedule-of.ts';

const pausing = (name: 'schedule.pause' | 'schedule.resume', paused: boolean) =>
  operation({
    name,
    effect: 'acts',
    /** `note`: why, for whoever looks at it next. */
    input: z.object({ sync: z.string(), note: z.string() }),
    document: z.object({ sync: z.string(), paused: z.boolean(), note: z.string() }),
    target: ({ sync }) => sync,
    async work(context: EngineContext, { sync, note }) {
      const engine = await context.engine();
      await scheduleOf(engine, sync);
      const schedule = engine.client.schedule.getHandle(scheduleId(sync));
      await (paused ? schedule.pause(note) : schedule.unpause(note));
      if (!paused) await engine.ledger.ticks.countFromNow(sync);
      return { sync, paused, note };
    },
  });

/** Nothing begins by itself until the schedule is resumed, also when files are applied. Throws NOT_SCHEDULED. */
export const pauseSchedule = pausing('schedule.pause', true);

/** Takes back a pause. Ticks that passed meanwhile are not caught up with. Throws NOT_SCHEDULED. */
export const resumeSchedule = pausing('schedule.resume', false);
