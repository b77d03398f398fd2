import { z } from 'zod';
import { isSyncFailure } from '../../model/failure/failure.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { checkProject } from '../../project/load.ts';
import { soundSync } from '../../project/sound-sync.ts';
import { askSystems } from '../ask-systems.ts';
import type { EngineContext, OperationContext } from '../context.ts';
import { operation } from '../operation.ts';
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
    const found = await explainRecord(ledger, sync, key, await loadedSync(context, ledger, sync));
    return { ...found, live: live ? await askLive(context, ledger, found) : null };
  },
});

/** The sync as its files are now; null when they are in error or gone. A name that nobody knows is refused. */
async function loadedSync(
  { projectFolder, env }: OperationContext,
  ledger: Ledger,
  sync: string,
): Promise<LoadedSync | null> {
  try {
    return soundSync(await checkProject(projectFolder, env), sync);
  } catch (error) {
    if (!isSyncFailure(error) || (await ledger.life.sync(sync)) === undefined) throw error;
    return null;
  }
}

function askLive(context: OperationContext, ledger: Ledger, { sync, key, write }: Explained): Promise<LiveRecord> {
  const asking = {
    sync,
    command: 'explain',
    title: ({ sourceConnection, destinationConnection }: LoadedSync) =>
      `Asking ${sourceConnection.name} and ${destinationConnection.name}`,
    stopped: 'the systems were not waited for; nothing was written',
  };
  return askSystems(context, ledger, asking, ({ loaded, world, signal }) =>
    askBoth(loaded, world, { key, destinationId: write?.destinationId ?? null }, signal),
  );
}
