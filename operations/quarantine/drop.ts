import { z } from 'zod';
import { refusal } from '../../model/failure/failure.ts';
import type { EngineContext } from '../context.ts';
import { entryChoice } from '../contracts/entry-choice.ts';
import { operation } from '../operation.ts';
import { refuseUnknown } from './refuse-unknown.ts';

/**
 * Gives up open entries for ever: the records are removed, their reasons stay. Without `confirmed` it refuses with
 * NOT_CONFIRMED and says how many. Throws SYNC_UNKNOWN for a name that nobody knows.
 */
export const dropQuarantined = operation({
  name: 'quarantine.drop',
  effect: 'acts',
  input: z.object({ sync: z.string(), choice: entryChoice.omit({ state: true }), confirmed: z.boolean() }),
  document: z.object({ sync: z.string(), dropped: z.number() }),
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, choice, confirmed }) {
    const { quarantine } = (await context.engine()).ledger;
    if (confirmed) return { sync, dropped: await quarantine.drop(sync, choice) };
    const reasons = await quarantine.reasons(sync, { ...choice, state: 'open' });
    const all = reasons.reduce((sum, { records }) => sum + records, 0);
    if (all === 0) await refuseUnknown(context, sync);
    const some = Math.min(all, choice.limit ?? all);
    throw refusal('NOT_CONFIRMED', `${some} records would be dropped, which cannot be undone`);
  },
});
