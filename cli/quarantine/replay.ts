import { type ExitCode, exitCode } from '../../model/failure/exit-code.ts';
import { replayQuarantined } from '../../operations/quarantine/replay.ts';
import type { EntryChoice } from '../../platform/ledger/quarantine/entries.ts';
import type { CliContext } from '../context.ts';
import { asking } from '../runs/engine.ts';
import { announce, follow } from '../runs/see-through.ts';
import { nothingFits } from './print.ts';

/** Replays what is chosen, and says which run does it, or follows that to its end. */
export const replayChosen = (
  context: CliContext,
  sync: string,
  choice: EntryChoice,
  { wait: follows = false }: { readonly wait?: boolean },
): Promise<ExitCode> =>
  asking(context, async (request) => {
    const { started, endsWithEngine } = await replayQuarantined.perform(request, { sync, choice, follows });
    if (started === null) {
      context.out.result({ sync, status: 'nothing to replay' }, () => context.out.line(nothingFits(sync)));
      return exitCode.ok;
    }
    if (follows || endsWithEngine) return follow(context, await request.engine(), sync, started, {});
    return announce(context, sync, started);
  });
