import { z } from 'zod';
import { refusal, type SyncFailure } from '../model/failure/failure.ts';
import { type DeliveryClass, deliveryClass, deliveryClasses } from '../model/sync/delivery.ts';
import type { LoadedSync } from '../model/sync/project.ts';
import { repeatsBlindly } from '../model/sync/recovery.ts';
import { unreachableWorld } from '../project/delivery.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import type { EngineContext } from './context.ts';
import type { Engine } from './engine.ts';
import { operation } from './operation.ts';

/** What a sync recovers from, or that it no longer does. */
const recovery = z.union([
  z.object({ sync: z.string(), ended: z.boolean() }),
  z.object({
    sync: z.string(),
    class: z.enum(deliveryClasses),
    /** What was delivered since the copy is sent again. */
    repeats: z.boolean(),
    known: z.number(),
    lastRunAt: z.string().nullable(),
    abandoned: z.array(z.string()).readonly(),
  }),
]);

/**
 * The ledger of a sync was restored from an older copy: from now on each record is looked at in the destination before it
 * is written, and nothing is deleted, until both sides agree. `done` ends that where the destination cannot be read.
 * Throws MAY_REPEAT where it cannot be asked, and LOCKED while a run is open.
 */
export const recover = operation({
  name: 'recover',
  effect: 'acts',
  input: z.object({ sync: z.string(), mayRepeat: z.boolean(), done: z.boolean() }),
  document: recovery,
  target: ({ sync }) => sync,
  async work({ projectFolder, env, engine }: EngineContext, { sync, mayRepeat, done }) {
    const loaded = soundSync(await checkProject(projectFolder, env), sync);
    if (done) {
      const { ledger } = await engine();
      return { sync, ended: await ledger.recovery.end(sync) };
    }
    const { promise, repeats } = whatRepeats(loaded);
    if (repeats && !mayRepeat) throw unaskable(sync);
    const opened = await engine();
    await refuseOpen(opened, sync);
    return { sync, class: promise, repeats, ...(await opened.ledger.recovery.begin(sync)) };
  },
});

/** A record is written twice where the destination neither shows what it has nor replaces it. */
function whatRepeats(loaded: LoadedSync): { readonly promise: DeliveryClass; readonly repeats: boolean } {
  const destination = loaded.openDestination(unreachableWorld);
  return { promise: deliveryClass(destination.can), repeats: repeatsBlindly(destination) };
}

const unaskable = (sync: string): SyncFailure =>
  refusal(
    'MAY_REPEAT',
    `the destination of \`${sync}\` cannot be asked what it has: all that was delivered since the copy would be sent again`,
    { about: { sync } },
  );

async function refuseOpen({ client, ledger }: Engine, sync: string): Promise<void> {
  const holder = await ledger.recovery.holder(sync);
  if (holder === undefined) return;
  const found = await client.workflow
    .getHandle(holder.workflowId)
    .describe()
    .catch(() => undefined);
  if (found?.status.name === 'RUNNING')
    throw refusal('LOCKED', `run ${holder.run} of ${sync} is open`, { todo: '{run.cancel}', about: { sync } });
}
