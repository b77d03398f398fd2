import {
  type ConnectorTools,
  type Destination,
  type FileLock,
  type ItemOutcome,
  type ReadBack,
  SyncFailure,
  type UnderFileLock,
  type WriteRequest,
} from '../../index.ts';
import { withFile } from './failures.ts';
import { takeFileFence } from './fence.ts';
import { type FilesFolder, targetOf } from './folder.ts';
import { mergedContent, storedRecords } from './merge.ts';
import type { FilesDestinationOptions } from './options.ts';
import { fileChanges, sameInCsv } from './records.ts';
import { besideOf, removeLeftovers, replaceFile } from './replace.ts';

/**
 * Keeps a file that holds one record for each key (delivery class T3). A request rewrites the file as a whole, so its
 * cost grows with the file; requests are therefore large.
 */
export function filesDestination(
  folder: FilesFolder,
  options: FilesDestinationOptions,
  { underFileLock }: Pick<ConnectorTools, 'underFileLock'>,
): Destination {
  return {
    can: { upsert: true, lookupLagMs: 0 },
    place: options.path,
    limits: { records: 50_000, bytes: 64 * 1024 * 1024, concurrency: 1 },
    write: (request) => write(folder, options, underFileLock, request),
    read: (keys, signal) => read(folder, options, keys, signal),
    ...(options.format === 'csv' ? { same: sameInCsv } : {}),
  };
}

async function write(
  folder: FilesFolder,
  options: FilesDestinationOptions,
  underFileLock: UnderFileLock,
  request: WriteRequest,
): Promise<readonly ItemOutcome[]> {
  request.signal.throwIfAborted();
  const { byKey, outcomes } = fileChanges(request.items, options);
  if (byKey.size === 0) return outcomes;
  const target = await targetOf(folder, options.path);
  const merge = async (lock: FileLock) => {
    // A link put in the place of a folder since would lead the new content out.
    const confirm = async () => {
      await lock.confirm();
      if ((await targetOf(folder, options.path)) !== target) throw moved(options.path);
    };
    if (lock.tookOver) await removeLeftovers(target);
    await takeFileFence(target, options.path, request.fence, confirm);
    request.signal.throwIfAborted();
    await replaceFile(target, options.path, mergedContent(folder, options, byKey), confirm);
    return outcomes;
  };
  return withFile(options.path, () => underFileLock(besideOf(target, 'lock'), merge, request.signal));
}

const moved = (file: string): SyncFailure =>
  new SyncFailure('FILE_BUSY', `${file} was moved while it was written`, { effect: 'none' });

async function read(
  folder: FilesFolder,
  options: FilesDestinationOptions,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadBack>> {
  const wanted = new Set(keys);
  const found = new Map<string, ReadBack>();
  for await (const { key, record } of storedRecords(folder, options)) {
    signal.throwIfAborted();
    if (wanted.has(key)) found.set(key, { id: key, record });
    if (found.size === wanted.size) break;
  }
  return found;
}
