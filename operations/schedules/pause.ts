import { z } from 'zod';
import { scheduleId } from '../../model/names.ts';
import type { EngineContext } from '../context.ts';
import { operation } from '../operation.ts';
import { scheduleOf } from './schedule-of.ts';

/** `note`: why, for whoever looks at it next. */
const input = z.object({ sync: z.string(), note: z.string() });
const document = z.object({ sync: z.string(), paused: z.boolean(), note: z.string() });

/** Nothing begins by itself until the schedule is resumed, also when files are applied. Throws NOT_SCHEDULED. */
export const pauseSchedule = operation({
  name: 'schedule.pause',
  effect: 'acts',
  input,
  document,
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, note }) {
    const engine = await context.engine();
    await scheduleOf(engine, sync);
    await engine.client.schedule.getHandle(scheduleId(sync)).pause(note);
    return { sync, paused: true, note };
  },
});

/** Takes back a pause. Ticks that passed meanwhile are not caught up with. Throws NOT_SCHEDULED. */
export const resumeSchedule = operation({
  name: 'schedule.resume',
  effect: 'acts',
  input,
  document,
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, note }) {
    const engine = await context.engine();
    await scheduleOf(engine, sync);
    await engine.client.schedule.getHandle(scheduleId(sync)).unpause(note);
    await engine.ledger.ticks.countFromNow(sync);
    return { sync, paused: false, note };
  },
});
