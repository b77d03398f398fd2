import { access } from 'node:fs/promises';
import path from 'node:path';
import type {
  ConnectorTools,
  Destination,
  ItemOutcome,
  ReadBack,
  UnderFileLock,
  WriteRequest,
} from '../../model/connector.ts';
import { errorCode } from '../../model/error-code.ts';
import { SyncFailure } from '../../model/failure.ts';
import { withFile } from './files-failures.ts';
import { takeFileFence } from './files-fence.ts';
import { mergedContent, storedRecords } from './files-merge.ts';
import type { FilesDestinationOptions } from './files-options.ts';
import { fileChanges, sameInCsv } from './files-records.ts';
import { besideOf, linkedFile, removeLeftovers, replaceFile } from './files-replace.ts';

/**
 * Keeps a file that holds one record for each key (delivery class T3). A request rewrites the file as a whole, so its
 * cost grows with the file; requests are therefore large.
 */
export function filesDestination(
  folder: string,
  options: FilesDestinationOptions,
  { underFileLock }: Pick<ConnectorTools, 'underFileLock'>,
): Destination {
  const full = path.join(folder, options.path);
  return {
    can: { upsert: true, lookupLagMs: 0 },
    place: options.path,
    limits: { records: 50_000, bytes: 64 * 1024 * 1024, concurrency: 1 },
    write: (request) => write(full, options, underFileLock, request),
    read: (keys, signal) => read(full, options, keys, signal),
    ...(options.format === 'csv' ? { same: sameInCsv } : {}),
  };
}

async function write(
  full: string,
  options: FilesDestinationOptions,
  underFileLock: UnderFileLock,
  request: WriteRequest,
): Promise<readonly ItemOutcome[]> {
  request.signal.throwIfAborted();
  const { byKey, outcomes } = fileChanges(request.items, options);
  if (byKey.size === 0) return outcomes;
  const target = await linkedFile(full, options.path);
  await refuseMissingFolder(path.dirname(target));
  return withFile(options.path, () =>
    underFileLock(
      besideOf(target, 'lock'),
      async ({ tookOver, confirm }) => {
        if (tookOver) await removeLeftovers(target);
        await takeFileFence(target, options.path, request.fence, confirm);
        request.signal.throwIfAborted();
        await replaceFile(target, options.path, mergedContent(target, options, byKey), confirm);
        return outcomes;
      },
      request.signal,
    ),
  );
}

/** It is not created here: it may be the place of a share that is not mounted. */
async function refuseMissingFolder(folder: string): Promise<void> {
  await access(folder).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') return;
    throw new SyncFailure('FILE_UNREADABLE', `the folder ${folder} does not exist`, { effect: 'none' });
  });
}

async function read(
  full: string,
  options: FilesDestinationOptions,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadBack>> {
  const wanted = new Set(keys);
  const found = new Map<string, ReadBack>();
  for await (const { key, record } of storedRecords(full, options)) {
    signal.throwIfAborted();
    if (wanted.has(key)) found.set(key, { id: key, record });
    if (found.size === wanted.size) break;
  }
  return found;
}
