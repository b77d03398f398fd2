import { refusal } from '../model/failure/failure.ts';
import type { OperationContext } from './context.ts';

/** Aborted with INTERRUPTED when whoever asked has gone. `left`: how things stand then, in words. */
export function interrupted(context: Pick<OperationContext, 'gone'>, left: string): AbortSignal {
  const controller = new AbortController();
  const gone = context.gone();
  const abort = () => controller.abort(refusal('INTERRUPTED', left));
  if (gone.aborted) abort();
  else gone.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
