import { z } from 'zod';
import { isSyncFailure } from '../../model/failure/failure.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { askSystems } from '../ask-systems.ts';
import type { EngineContext, OperationContext } from '../context.ts';
import { operation } from '../operation.ts';
import { type ReadSync, readSync } from '../read-sync.ts';
import { askBoth, type LiveRecord, liveRecord } from './both-sides.ts';
import { explainRecord } from './explain-record.ts';
import { type Explained, explained } from './explained.ts';

/**
 * Tells the life of one record, from the ledger alone. `live`: both systems are also asked for it as it is now; nothing is
 * written. Throws what is wrong with the sync's files, or that there are none, where `live` needs them or the ledger does
 * not know the sync either.
 */
export const explain = operation({
  name: 'explain',
  effect: 'reads',
  input: z.object({ sync: z.string(), key: z.string(), live: z.boolean() }),
  document: explained.extend({ live: liveRecord.nullable() }),
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, key, live }) {
    const { ledger } = await context.engine();
    const read = live ? await readSync(context, sync) : await readIfSound(context, ledger, sync);
    const found = await explainRecord(ledger, sync, key, read?.loaded ?? null);
    return { ...found, live: live && read ? await askLive(context, ledger, read, found) : null };
  },
});

/** Null when its files are in error or gone. A name that nobody knows is refused. */
async function readIfSound(context: OperationContext, ledger: Ledger, sync: string): Promise<ReadSync | null> {
  try {
    return await readSync(context, sync);
  } catch (error) {
    if (!isSyncFailure(error) || (await ledger.life.sync(sync)) === undefined) throw error;
    return null;
  }
}

function askLive(
  context: OperationContext,
  ledger: Ledger,
  read: ReadSync,
  { key, write }: Explained,
): Promise<LiveRecord> {
  const { loaded } = read;
  const asking = {
    command: 'explain',
    title: `Asking ${loaded.sourceConnection.name} and ${loaded.destinationConnection.name}`,
    stopped: 'the systems were not waited for; nothing was written',
  };
  return askSystems(context, ledger, read, asking, ({ world, signal }) =>
    askBoth(loaded, world, { key, destinationId: write?.destinationId ?? null }, signal),
  );
}
