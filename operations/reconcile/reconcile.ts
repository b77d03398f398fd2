import { z } from 'zod';
import { type Comparison, compareSync } from '../../engine/compare/compare.ts';
import { refusal, type SyncFailure } from '../../model/failure/failure.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { askSystems } from '../ask-systems.ts';
import type { EngineContext, OperationContext } from '../context.ts';
import { counts } from '../contracts/counts.ts';
import { operation } from '../operation.ts';
import { type ReadSync, readSync } from '../read-sync.ts';
import { comparisonDocument, documentOf } from './comparison-document.ts';
import { extrasToRemove, MOST_EXTRAS, mayRemoveExtras } from './extras.ts';
import { repair } from './repair.ts';

const repairDocument = z.object({
  marked: z.number(),
  givenUp: z.number(),
  gone: z.number(),
  removed: z.number().nullable(),
  run: z.string().nullable(),
  counts: counts.nullable(),
  after: comparisonDocument,
});

/**
 * Compares everything that was delivered with the destination. `repair`: what is missing or different is delivered again,
 * and both are compared once more. `removesExtras`: records that the ledger does not know are removed as well, after
 * `confirmed`. Throws NOT_READABLE where nothing can be compared.
 */
export const reconcileSync = operation({
  name: 'reconcile',
  effect: 'acts',
  input: z.object({
    sync: z.string(),
    repairs: z.boolean(),
    removesExtras: z.boolean(),
    confirmed: z.boolean(),
  }),
  document: comparisonDocument.extend({
    repair: repairDocument.nullable(),
    /** Of a sync whose ledger was restored from an older copy, now that both sides agree. */
    recovery: z.enum(['ended', 'before its full run', 'none']),
  }),
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, repairs, removesExtras, confirmed }) {
    const read = await readSync(context, sync);
    if (removesExtras) mayRemoveExtras(read.loaded, repairs);
    const engine = await context.engine();
    const again = () => compare(context, engine.ledger, read, removesExtras);
    const comparison = await again();
    if (comparison.by === 'nothing') throw unreadable(sync);
    const removes = removesExtras && extrasToRemove(comparison, confirmed);
    const wanted = removes || (repairs && faultsOf(comparison) > 0);
    const repaired = wanted ? await repair(context, engine, comparison, removes, again) : null;
    return {
      ...documentOf(comparison),
      repair: repaired && { ...repaired, after: documentOf(repaired.after) },
      recovery: await noteAgreed(engine.ledger, repaired?.after ?? comparison),
    };
  },
});

/** Where both sides agree, that is noted: nothing is missing or different any more, and a recovery may be over. */
async function noteAgreed({ unagreed, recovery }: Ledger, last: Comparison) {
  if (faultsOf(last) > 0) return 'none';
  await unagreed.allAgreed(last.sync, last.by === 'reading' ? 'as sent' : 'as stored');
  return recovery.endAgreed(last.sync);
}

const faultsOf = ({ missing, different }: Comparison): number => missing.length + different.length;

const unreadable = (sync: string): SyncFailure =>
  refusal('NOT_READABLE', `the destination of \`${sync}\` cannot be read, so nothing can be compared`);

function compare(context: OperationContext, ledger: Ledger, read: ReadSync, allExtras: boolean): Promise<Comparison> {
  const asking = {
    command: 'reconcile',
    title: `Comparing ${read.loaded.name}`,
    stopped: 'the comparison was not finished; nothing was changed',
  };
  return askSystems(context, ledger, read, asking, ({ world, signal, tell }) =>
    compareSync({ world, ledger }, read.loaded, {
      ...(allExtras && { extras: MOST_EXTRAS }),
      signal,
      tell: ({ checked: done, of }) => tell({ done, total: of, detail: `${done.toLocaleString('en')} records` }),
    }),
  );
}
