import type { Page, ReadRequest, Source } from '../../model/connector/connector.ts';
import type { Json } from '../../model/record/json.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { placeIn, type ReadRange } from '../../model/sync/range.ts';

/**
 * The sync of a backfill: it reads the versions of a range from its source, and nothing beyond. All else is as ever;
 * newest wins, so that what was delivered since is not set back (invariant 5).
 */
export const backfilling = (loaded: LoadedSync, range: ReadRange): LoadedSync => ({
  ...loaded,
  openSource: (world) => within(loaded.openSource(world), range, loaded.sync.version),
});

function within(source: Source, range: ReadRange, versionField: string | undefined): Source {
  if (versionField === undefined) return source;
  const place = (record: Json) => placeIn(range, record, versionField);
  const keep = (records: readonly Json[]) => records.filter((record) => place(record) === 'within');
  return {
    can: { ...source.can, provesEnd: false },
    async *read(request: ReadRequest): AsyncIterable<Page> {
      for await (const page of source.read(request)) {
        // Records come in the order of their versions: after the first beyond the range all are.
        const over = source.can.ordered && page.records.some((record) => place(record) === 'beyond');
        yield { ...page, records: keep(page.records), next: over ? null : page.next };
        if (over) return;
      }
    },
    // Staging keeps pages as received: what is outside the range is left out again each time one is decoded.
    decode: (body) => keep(source.decode(body)),
  };
}
