import { z } from 'zod';
import type { EngineContext } from '../context.ts';
import { entryChoice } from '../contracts/entry-choice.ts';
import { quarantineEntry } from '../contracts/quarantine-entry.ts';
import { quarantineGroup } from '../contracts/quarantine-group.ts';
import { operation } from '../operation.ts';
import { refuseUnknown } from './refuse-unknown.ts';

/** Entries that are listed when no limit is stated. */
const LISTED = 50;

/**
 * How many records of a sync lie in quarantine for which reason, and the latest entries; without the records themselves,
 * because a list is passed on more lightly. Throws SYNC_UNKNOWN for a name that nobody knows.
 */
export const listQuarantine = operation({
  name: 'quarantine.list',
  effect: 'reads',
  input: z.object({ sync: z.string(), choice: entryChoice }),
  document: z.object({
    sync: z.string(),
    reasons: z.array(quarantineGroup).readonly(),
    entries: z.array(quarantineEntry.omit({ record: true })).readonly(),
  }),
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, choice }) {
    const { quarantine } = (await context.engine()).ledger;
    const reasons = await quarantine.reasons(sync, choice);
    const entries = await quarantine.list(sync, { limit: LISTED, ...choice });
    if (entries.length === 0) await refuseUnknown(context, sync);
    return { sync, reasons, entries: entries.map(({ record: _record, ...entry }) => entry) };
  },
});
