import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Destination } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import { preparation } from '../../model/record/prepare.ts';
import type { Prepared } from '../../model/record/prepared.ts';
import { keyFieldsOf } from '../../model/record/record-key.ts';
import type { BatchRef } from '../../model/sync/batch.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { ExpectedVersions } from '../../model/version/version-watch.ts';
import type { RunFacts } from '../../platform/ledger/runs/runs.ts';
import type { Dependencies } from '../dependencies.ts';
import type { RunningSync } from '../running-sync.ts';

/** Records worked on before others get a turn, so that heartbeats and signals stay prompt. */
const SLICE = 100;

/** The validation and transformation that a sync states. */
export const preparationOf = (
  { sync, policy }: LoadedSync,
  expected: ExpectedVersions,
  encode?: Destination['encode'],
) =>
  preparation({
    expected,
    from: sync.mapping.from,
    key: keyFieldsOf(sync),
    version: sync.version,
    contract: sync.contract,
    mapping: sync.mapping,
    maxRecordBytes: policy.maxRecordBytes,
    ...(encode && { encode }),
  });

/** The same for a batch of which much will be written, as far as can be guessed. */
export const preparationFor = ({ world, encodeAhead }: Dependencies, facts: RunFacts, loaded: LoadedSync) =>
  preparationOf(
    loaded,
    { kind: facts.versionKind, epoch: loaded.openSource(world).can.epoch },
    encodeAhead.isWorth(loaded.name) ? loaded.openDestination(world).encode : undefined,
  );

/** What a batch came to: from this worker's cache, or computed again from what is staged. */
export async function preparedOf(deps: Dependencies, { facts, loaded }: RunningSync, ref: BatchRef): Promise<Prepared> {
  const known = deps.cache.get(ref).prepared;
  if (known !== undefined) return known;
  const work = preparationFor(deps, facts, loaded);
  for await (const { records, asOfMs } of stagedPages(deps, loaded, ref))
    await inSlices(records, (slice) => work.add(slice, asOfMs));
  const prepared = work.result();
  deps.cache.put(ref, prepared);
  return prepared;
}

/** The records of a batch as received: decoded again from what is staged. */
export async function recordsOf(deps: Dependencies, loaded: LoadedSync, ref: BatchRef): Promise<readonly Json[]> {
  const known = deps.cache.get(ref).records;
  if (known !== undefined) return known;
  const all: Json[] = [];
  let received = 0;
  for await (const { records, bytes } of stagedPages(deps, loaded, ref)) {
    received += bytes;
    for (const record of records) all.push(record);
  }
  deps.cache.putRecords(ref, all, received);
  return all;
}

async function* stagedPages(
  deps: Dependencies,
  loaded: LoadedSync,
  ref: BatchRef,
): AsyncGenerator<{ readonly records: readonly Json[]; readonly bytes: number; readonly asOfMs: number }> {
  const source = loaded.openSource(deps.world);
  for (const { body, asOfMs } of await deps.ledger.staging.load(ref.run, ref.seq)) {
    yield { records: source.decode(body), bytes: body.length, asOfMs };
    await nextTurn();
  }
}

/** Works through the items in slices and lets others run in between. */
export async function inSlices<T>(items: readonly T[], add: (slice: readonly T[]) => void): Promise<void> {
  for (let start = 0; start < items.length; start += SLICE) {
    add(items.slice(start, start + SLICE));
    await nextTurn();
  }
}
