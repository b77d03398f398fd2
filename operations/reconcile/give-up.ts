import { z } from 'zod';
import { refusal } from '../../model/failure/failure.ts';
import type { EngineContext } from '../context.ts';
import { operation } from '../operation.ts';

const NAMED = 20;

/**
 * Leaves what both sides do not agree on as it is at the destination, for good; the reason is kept with each record.
 * `keys` empty: all. Without `confirmed` it refuses with NOT_CONFIRMED and names them.
 */
export const giveUpRecords = operation({
  name: 'reconcile.giveUp',
  effect: 'acts',
  input: z.object({
    sync: z.string(),
    keys: z.array(z.string()).readonly(),
    reason: z.string().trim().min(1, 'why the records are left as they are'),
    confirmed: z.boolean(),
  }),
  document: z.object({ sync: z.string(), givenUp: z.number() }),
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, keys, reason, confirmed }) {
    const { unagreed } = (await context.engine()).ledger;
    const chosen = keys.length === 0 ? null : keys;
    if (confirmed) return { sync, givenUp: await unagreed.giveUp(sync, chosen, reason) };
    const open = await unagreed.openKeys(sync, chosen);
    const records = `${open.length.toLocaleString('en')} ${open.length === 1 ? 'record' : 'records'}`;
    throw refusal(
      'NOT_CONFIRMED',
      `${records} would be left as they are at the destination: ${open.slice(0, NAMED).join(', ')}`,
    );
  },
});
