import type { EndpointWorld } from '../model/sync/project.ts';
import { createLog } from '../platform/foundation/log.ts';
import type { StepState } from '../platform/foundation/progress.ts';
import type { Ledger } from '../platform/ledger/ledger.ts';
import { commandContext, inCallContext } from '../platform/outbound/journal/call-context.ts';
import { createWorld } from '../platform/world.ts';
import type { OperationContext } from './context.ts';
import { interrupted } from './interrupted.ts';
import type { ReadSync } from './read-sync.ts';

interface Asking {
  /** Under this name its calls are journalled. */
  readonly command: string;
  /** What it does, while it lasts. */
  readonly title: string;
  /** How things stand when whoever asked has gone. */
  readonly stopped: string;
}

interface Systems {
  readonly world: EndpointWorld;
  readonly signal: AbortSignal;
  readonly tell: (state: StepState) => void;
}

/** Asks the systems of a sync as a run would: at their pace and in the journal. */
export async function askSystems<T>(
  context: OperationContext,
  ledger: Ledger,
  { folder }: ReadSync,
  { command, title, stopped }: Asking,
  ask: (systems: Systems) => Promise<T>,
): Promise<T> {
  const { env, progress } = context;
  const world = createWorld(folder, env, createLog('silent'), ledger);
  const signal = interrupted(context, stopped);
  try {
    return await progress.step(title, (tell) =>
      inCallContext(commandContext(command), () => ask({ world, signal, tell })),
    );
  } finally {
    await world.close();
  }
}
