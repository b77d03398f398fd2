import process from 'node:process';
import { exitCode } from '../../model/failure/exit-code.ts';
import { refusal } from '../../model/failure/failure.ts';

/** npm passes Ctrl-C on to a program that has already got it from the terminal: that is one, not two. */
const SAME_MS = 1_000;

/** Ctrl-C ends what a command waits for, with this message; a second one ends the process at once. */
export function interruption(message = 'interrupted'): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  let firstMs: number | undefined;
  const stop = () => {
    if (firstMs !== undefined && performance.now() - firstMs > SAME_MS) process.exit(exitCode.interrupted);
    firstMs ??= performance.now();
    controller.abort(refusal('INTERRUPTED', message));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
