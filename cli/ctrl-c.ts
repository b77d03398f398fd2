import process from 'node:process';
import { exitCode } from '../model/failure/exit-code.ts';

/** npm passes Ctrl-C on to a program that has already got it from the terminal: that is one, not two. */
const SAME_MS = 1_000;

/** Aborted by Ctrl-C; a second one ends the process at once. Until it is asked for, the first one does. */
export function ctrlC(): AbortSignal {
  const controller = new AbortController();
  let firstMs: number | undefined;
  const stop = () => {
    if (firstMs !== undefined && performance.now() - firstMs > SAME_MS) process.exit(exitCode.interrupted);
    firstMs ??= performance.now();
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
