import { z } from 'zod';
import { type Plan, planSync } from '../../engine/plan/plan.ts';
import type { Ledger } from '../../platform/ledger/ledger.ts';
import { deliveryClassOf } from '../../project/delivery.ts';
import { askSystems } from '../ask-systems.ts';
import type { EngineContext, OperationContext } from '../context.ts';
import { counts } from '../contracts/counts.ts';
import { promise, promiseOf } from '../contracts/delivery-promise.ts';
import { drift } from '../contracts/drift.ts';
import { jsonValue } from '../contracts/json-value.ts';
import { operation } from '../operation.ts';
import { type ReadSync, readSync } from '../read-sync.ts';

const change = z.object({ field: z.string(), before: jsonValue.exactOptional(), after: jsonValue });

const sample = z.object({
  key: z.string(),
  op: z.enum(['create', 'update']),
  read: z.boolean(),
  fields: z.array(change).readonly(),
});

const rejectGroup = z.object({
  code: z.string(),
  field: z.string().nullable(),
  rule: z.string().nullable(),
  reason: z.string(),
  records: z.number(),
  samples: z.array(z.object({ key: z.string().nullable(), record: z.string().nullable() })),
});

const deletes = z.object({
  records: z.number(),
  keys: z.array(z.string()).readonly(),
  fingerprint: z.string(),
  guard: z.string().nullable(),
});

/** What a run would do; see `Plan`. */
const plan = z.object({
  sync: z.string(),
  hash: z.string().nullable(),
  mode: z.enum(['incremental', 'full']),
  since: z.union([z.string(), z.number()]).nullable(),
  counts,
  create: z.number(),
  update: z.number(),
  deletes: deletes.nullable(),
  samples: z.array(sample).readonly(),
  rejects: z.array(rejectGroup).readonly(),
  halts: z.array(z.number()).readonly(),
  calls: z.object({
    planned: z.object({ source: z.number(), destination: z.number() }),
    run: z.object({ pages: z.number(), writes: z.number() }),
  }),
  batches: z.array(z.string()).readonly(),
  drift: z.array(drift).readonly(),
});

/**
 * Says what a run would do, on real data, without doing it; a plan of everything is kept, so that it can be run.
 * `limit`: looks at the first so many records only. `samples`: creates and updates to show field by field.
 */
export const planRun = operation({
  name: 'plan',
  effect: 'reads',
  input: z.object({
    sync: z.string(),
    full: z.boolean(),
    limit: z.int().min(0).nullable(),
    samples: z.int().min(0),
  }),
  document: plan.extend({
    delivery: promise,
  }),
  target: ({ sync }) => sync,
  async work(context: EngineContext, { sync, ...options }) {
    const read = await readSync(context, sync);
    const { ledger } = await context.engine();
    return { ...(await makePlan(context, ledger, read, options)), delivery: promiseOf(deliveryClassOf(read.loaded)) };
  },
});

export interface PlanChoice {
  readonly full: boolean;
  readonly limit: number | null;
  readonly samples: number;
}

/** Plans a sync, and keeps the plan when it can be run. */
export async function makePlan(
  context: OperationContext,
  ledger: Ledger,
  read: ReadSync,
  { full, limit, samples }: PlanChoice,
): Promise<Plan> {
  const { loaded } = read;
  const sync = loaded.name;
  const asking = {
    command: 'plan',
    title: `Planning ${sync}`,
    stopped: 'the plan was not finished; nothing was written',
  };
  const planned = await askSystems(context, ledger, read, asking, ({ world, signal, tell }) =>
    planSync({ world, ledger }, loaded, {
      full,
      samples,
      signal,
      ...(limit !== null && { limit }),
      tell: ({ fetched, batches }) => tell({ detail: `${fetched.toLocaleString('en')} records in ${batches} batches` }),
    }),
  );
  const { hash, mode, batches } = planned;
  const fingerprint = planned.deletes?.fingerprint ?? null;
  if (hash !== null) await ledger.plans.store({ hash, sync, full: mode === 'full', batches, deletes: fingerprint });
  return planned;
}
