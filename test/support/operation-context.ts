import { localAuthority } from '../../operations/authority.ts';
import type { EngineContext, OperationContext } from '../../operations/context.ts';
import type { Environment } from '../../platform/foundation/environment.ts';
import { createProgress } from '../../platform/foundation/progress.ts';
import type { TestEngine } from './engine.ts';

/** What operations work with that need no engine. */
export const folderContext = (projectFolder: string, env: Environment = {}): OperationContext => ({
  who: { kind: 'local', name: 'test' },
  authority: localAuthority,
  projectFolder,
  env,
  progress: createProgress({ write: () => true }),
  gone: () => new AbortController().signal,
});

/** What operations work with, on the engine of a test; the name of a sync has to be the same in the project's folder. */
export const operationContext = (
  { client, ledger, taskQueue, startWorker }: Pick<TestEngine, 'client' | 'ledger' | 'taskQueue' | 'startWorker'>,
  projectFolder: string,
  env: Environment = {},
): EngineContext => ({
  ...folderContext(projectFolder, env),
  engine: async () => ({
    client,
    taskQueue,
    ledger,
    uiUrl: null,
    isTemporary: false,
    ensureWorker: async () => false,
    startWorker: async () => void (await startWorker()),
  }),
});
