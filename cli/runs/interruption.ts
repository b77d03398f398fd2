import process from 'node:process';
import { interruptedExit } from '../../model/exit-code.ts';
import { CommandFailed } from '../errors.ts';

/** Ctrl-C ends what a command waits for, with this message. */
export function interruption(message: string): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  const stop = () => controller.abort(new CommandFailed('INTERRUPTED', message, interruptedExit));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
