import { AsyncLocalStorage } from 'node:async_hooks';

/** On behalf of what a call is made. */
export interface CallContext {
  readonly run: string | null;
  readonly batch: number | null;
  /** The step of the run, or the command. */
  readonly step: string;
  /** From 1; a higher one is a retry. */
  readonly attempt?: number;
}

/** The context of calls that a command makes itself. */
export const commandContext = (command: string): CallContext => ({ run: null, batch: null, step: command });

const storage = new AsyncLocalStorage<CallContext>();

/** Every call made within `work`, however deep, is noted under this context. */
export const inCallContext = <T>(context: CallContext, work: () => T): T => storage.run(context, work);

export const callContext = (): CallContext | undefined => storage.getStore();
