import type { EndpointWorld, LoadedSync } from '../model/sync/project.ts';
import { createLog } from '../platform/foundation/log.ts';
import type { StepState } from '../platform/foundation/progress.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';
import { commandContext, inCallContext } from '../platform/outbound/journal/call-context.ts';
import { createWorld } from '../platform/world.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import type { OperationContext } from './context.ts';
import { interrupted } from './interrupted.ts';

interface Asking {
  readonly sync: string;
  /** Under this name its calls are journalled. */
  readonly command: string;
  /** What it does, while it lasts. */
  readonly title: (loaded: LoadedSync) => string;
  /** How things stand when whoever asked has gone. */
  readonly stopped: string;
}

export interface Asked {
  /** As the project is now. */
  readonly loaded: LoadedSync;
  readonly world: EndpointWorld;
  readonly signal: AbortSignal;
  readonly tell: (state: StepState) => void;
}

/** Asks the systems of a sync as a run would: at their pace and in the journal. Throws when the sync's files are in error. */
export async function askSystems<T>(
  context: OperationContext,
  ledger: Ledger,
  { sync, command, title, stopped }: Asking,
  ask: (asked: Asked) => Promise<T>,
): Promise<T> {
  const { projectFolder, env, progress } = context;
  const checked = await checkProject(projectFolder, env);
  const loaded = soundSync(checked, sync);
  const world = createWorld(checked.project?.folder ?? projectFolder, env, createLog('silent'), ledger);
  const signal = interrupted(context, stopped);
  try {
    return await progress.step(title(loaded), (tell) =>
      inCallContext(commandContext(command), () => ask({ loaded, world, signal, tell })),
    );
  } finally {
    await world.close();
  }
}
