import { z } from 'zod';
import type { Page, ReadRequest, Source } from '../../model/connector/connector.ts';
import { keyFieldsOf } from '../../model/record/record-key.ts';
import type { EpochUnit } from '../../model/record/version.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { Dependencies } from '../dependencies.ts';
import { withSides } from './failure-place.ts';
import { decodeChosen, keyedSource } from './keyed-source.ts';

/** Records of one staged part of a replay. */
const PAGE_RECORDS = 1000;

/**
 * The sync of a replay run: it reads what was chosen from quarantine instead of its source. All else is as ever:
 * staged, mapped, compared with the ledger, delivered. What fails again is no sign of a changed schema, so that the
 * guard against many rejects does not apply.
 */
export const replaying = (deps: Dependencies, loaded: LoadedSync, run: string): LoadedSync => ({
  ...withSides(loaded),
  policy: { ...loaded.policy, maxRejectedShare: 1 },
  openSource: (world) => quarantineSource(deps, run, loaded.openSource(world).can.epoch),
});

/** The sync of a repair run: it reads from its source what was chosen by key, and nothing else. */
export const repairing = (deps: Dependencies, loaded: LoadedSync, run: string): LoadedSync => ({
  ...withSides(loaded),
  openSource: (world) =>
    keyedSource(withSides(loaded).openSource(world), keyFieldsOf(loaded.sync), (from, limit) =>
      deps.ledger.compare.chosenKeys(run, from, limit),
    ),
});

/** Position: how many of the chosen records have been read. */
const position = z.int().min(0).nullable();

function quarantineSource(deps: Dependencies, run: string, epoch: EpochUnit | undefined): Source {
  return {
    can: { incremental: false, provesEnd: false, ordered: false, ...(epoch && { epoch }) },
    async *read(request: ReadRequest): AsyncIterable<Page> {
      let next: number | null = position.parse(request.position) ?? 0;
      while (next !== null) {
        request.signal.throwIfAborted();
        const from: number = next;
        const texts = await deps.ledger.quarantine.chosen(run, from, PAGE_RECORDS);
        const body = Buffer.from(`[${texts.join(',')}]`);
        next = texts.length < PAGE_RECORDS ? null : from + texts.length;
        yield { body, records: decodeChosen(body), next };
      }
    },
    decode: decodeChosen,
  };
}
