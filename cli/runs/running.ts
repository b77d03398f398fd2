import { NAMESPACE } from '../../model/names.ts';
import type { LookingContext, RunningServices } from '../../operations/context.ts';
import { stateFolderOf } from '../../platform/foundation/state-folder.ts';
import { readRunningDev } from '../../stack/dev-file.ts';
import type { CliContext } from '../context.ts';

/** For operations that look at what is up: what the environment names, and otherwise the embedded stack. */
export const looking = (context: CliContext): LookingContext => ({ ...context, running: () => running(context) });

async function running({ projectFolder, env }: CliContext): Promise<RunningServices> {
  const dev = await readRunningDev(stateFolderOf(projectFolder));
  const named = env['TEMPORAL_ADDRESS'];
  const temporal = named
    ? {
        temporalAddress: named,
        namespace: env['TEMPORAL_NAMESPACE'] || NAMESPACE,
        uiUrl: env['TEMPORAL_UI_URL'] || null,
      }
    : dev;
  return { temporal, databaseUrl: env['DATABASE_URL'] || (dev?.databaseUrl ?? null) };
}
