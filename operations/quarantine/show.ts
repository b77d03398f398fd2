import { z } from 'zod';
import type { EngineContext } from '../context.ts';
import { entryChoice } from '../contracts/entry-choice.ts';
import { quarantineEntry } from '../contracts/quarantine-entry.ts';
import { operation } from '../operation.ts';
import { refuseUnknown } from './refuse-unknown.ts';

/** Entries that are shown when no limit is stated. */
const SHOWN = 10;

/** Records as they were received, each with why it was set aside. Throws SYNC_UNKNOWN for a name that nobody knows. */
export const showQuarantine = operation({
  name: 'quarantine.show',
  effect: 'reads',
  input: z.object({ sync: z.string(), choice: entryChoice }),
  document: z.object({ sync: z.string(), entries: z.array(quarantineEntry).readonly() }),
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, choice }) {
    const { ledger } = await context.engine();
    const entries = await ledger.quarantine.list(sync, { limit: SHOWN, ...choice });
    if (entries.length === 0) await refuseUnknown(context, sync);
    return { sync, entries };
  },
});
