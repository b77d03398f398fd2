import path from 'node:path';
import type { Destination, ItemOutcome, ReadBack, WriteRequest } from '../../model/connector.ts';
import { takeFileFence } from './files-fence.ts';
import { withLock } from './files-lock.ts';
import { mergedContent, storedRecords } from './files-merge.ts';
import type { FilesDestinationOptions } from './files-options.ts';
import { fileChanges, sameInCsv } from './files-records.ts';
import { besideOf, linkedFile, replaceFile } from './files-replace.ts';

/**
 * Keeps a file that holds one record for each key (delivery class T3). A request rewrites the file as a whole, so its
 * cost grows with the file; requests are therefore large.
 */
export function filesDestination(folder: string, options: FilesDestinationOptions): Destination {
  const full = path.join(folder, options.path);
  return {
    can: { upsert: true, lookupLagMs: 0 },
    place: options.path,
    limits: { records: 50_000, bytes: 64 * 1024 * 1024, concurrency: 1 },
    write: (request) => write(full, options, request),
    read: (keys, signal) => read(full, options, keys, signal),
    ...(options.format === 'csv' ? { same: sameInCsv } : {}),
  };
}

async function write(
  full: string,
  options: FilesDestinationOptions,
  request: WriteRequest,
): Promise<readonly ItemOutcome[]> {
  request.signal.throwIfAborted();
  const { byKey, outcomes } = fileChanges(request.items, options);
  if (byKey.size === 0) return outcomes;
  const target = await linkedFile(full, options.path);
  return withLock(besideOf(target, 'lock'), options.path, async () => {
    await takeFileFence(target, options.path, request.fence);
    request.signal.throwIfAborted();
    await replaceFile(target, options.path, mergedContent(target, options, byKey));
    return outcomes;
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
