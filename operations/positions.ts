import { z } from 'zod';
import { refusal } from '../model/failure/failure.ts';
import { isAfter } from '../model/record/version.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import type { EngineContext } from './context.ts';
import { operation } from './operation.ts';
import { positionOf, positionWords, rereading, rereadingWords } from './runs/position.ts';

/** How far a sync has read: its watermark after each run that moved it, the latest first. */
export const listPositions = operation({
  name: 'positions.list',
  effect: 'reads',
  input: z.object({ sync: z.string(), limit: z.int().min(1).max(10_000) }),
  document: z.object({
    sync: z.string(),
    positions: z.array(z.object({ run: z.string(), at: z.string(), position: z.string() })),
  }),
  target: ({ sync }) => sync,
  async work({ projectFolder, env, engine }: EngineContext, { sync, limit }) {
    soundSync(await checkProject(projectFolder, env), sync);
    const { ledger } = await engine();
    const kept = await ledger.positions.list(sync, limit);
    return { sync, positions: kept.map(({ run, at, watermark }) => ({ run, at, position: positionWords(watermark) })) };
  },
});

/**
 * Puts the watermark of a sync back: the runs that follow read on from there. Without `confirmed` it refuses with
 * NOT_CONFIRMED and says what would be read again.
 */
export const setPosition = operation({
  name: 'positions.set',
  effect: 'acts',
  input: z.object({ sync: z.string(), position: z.string(), confirmed: z.boolean() }),
  document: z.object({
    sync: z.string(),
    since: z.string(),
    until: z.string().nullable(),
    records: z.number(),
    calls: z.number().nullable(),
  }),
  target: ({ sync }) => sync,
  async work({ projectFolder, env, engine }: EngineContext, { sync, position, confirmed }) {
    const loaded = soundSync(await checkProject(projectFolder, env), sync);
    const { ledger } = await engine();
    const wanted = await positionOf({ ledger }, loaded, 'the position', position, Date.now());
    const current = await ledger.positions.current(sync);
    if (current === null || !isAfter(current, wanted))
      throw refusal(
        'USAGE',
        `\`${sync}\` has read up to ${current === null ? 'nothing' : positionWords(current)}: a position is only put back`,
        { todo: '{positions.list}', about: { sync } },
      );
    const again = await rereading({ ledger }, sync, { since: wanted });
    if (!confirmed)
      throw refusal(
        'NOT_CONFIRMED',
        `the next run would read again ${rereadingWords(again)}; nothing is cleared, and what did not change is not sent`,
      );
    if (!(await ledger.positions.putBack(sync, { ...current, value: wanted.value })))
      throw refusal('LOCKED', `a run of \`${sync}\` is open: it decides where the position stands when it ends`, {
        todo: '{status}',
        about: { sync },
      });
    return { sync, ...again };
  },
});
