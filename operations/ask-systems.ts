import type { CliContext } from '../cli/context.ts';
import { interruption } from '../cli/runs/interruption.ts';
import type { EndpointWorld, LoadedSync } from '../model/sync/project.ts';
import { createLog } from '../platform/foundation/log.ts';
import type { StepState } from '../platform/foundation/progress.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';
import { commandContext, inCallContext } from '../platform/outbound/journal/call-context.ts';
import { checkProject } from '../project/load.ts';
import { soundSync } from '../project/sound-sync.ts';
import { createWorld } from '../workers/world.ts';

interface Asking {
  readonly sync: string;
  /** Under this name its calls are journalled. */
  readonly command: string;
  /** What it does, while it lasts. */
  readonly title: string;
  /** What Ctrl-C leaves behind. */
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
  { projectFolder, env, progress }: CliContext,
  ledger: Ledger,
  { sync, command, title, stopped }: Asking,
  ask: (asked: Asked) => Promise<T>,
): Promise<T> {
  const checked = await checkProject(projectFolder, env);
  const loaded = soundSync(checked, sync);
  const world = createWorld(checked.project?.folder ?? projectFolder, env, createLog('silent'), ledger);
  const { signal, dispose } = interruption(stopped);
  try {
    return await progress.step(title, (tell) =>
      inCallContext(commandContext(command), () => ask({ loaded, world, signal, tell })),
    );
  } finally {
    dispose();
    await world.close();
  }
}
