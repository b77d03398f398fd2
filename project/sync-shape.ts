import { z } from 'zod';
import { contractModes } from '../model/drift/contract.ts';
import type { Mapping } from '../model/mapping/mapping.ts';
import { scheduleShape } from '../model/schedule/schedule.ts';
import { duration, policySchema } from '../model/sync/policy.ts';
import { isSchema, property } from './connectors.ts';

const fieldPath = z.string().min(1);

/** What `connector.source(…)` and `connector.destination(…)` answer. */
const endpoint = z.strictObject({ kind: z.string(), connection: z.string(), options: z.unknown() });

/** A value made by `map`, whichever instance of the engine made it. */
export const isMapping = (value: unknown): value is Mapping =>
  isSchema(property(value, 'from')) &&
  isSchema(property(value, 'to')) &&
  typeof property(value, 'version') === 'string' &&
  typeof property(value, 'run') === 'function';

const mapping = z.custom<Mapping>(isMapping, { message: 'expected a mapping, made by `map(From, To, …)`' });

/** The default export of a file in syncs/, as far as it can be checked without its connections. */
export const syncShape = z.strictObject({
  summary: z.string().optional(),
  source: endpoint,
  key: z.union([fieldPath, z.array(fieldPath).min(1)]),
  version: fieldPath.optional(),
  mode: z.enum(['incremental', 'full']).optional(),
  overlap: duration.optional(),
  mapping,
  contract: z.union([z.enum(contractModes), z.record(fieldPath, z.enum(contractModes))]).optional(),
  destination: endpoint,
  deletes: z
    .union([
      z.enum(['ignore', 'delete']),
      z.strictObject({
        maxShare: z.number().min(0).max(1).optional(),
        atLeast: z.int().min(1).optional(),
        set: z.record(fieldPath, z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
      }),
    ])
    .optional(),
  onConflict: z.union([z.enum(['hold', 'source-wins']), z.strictObject({ newestWins: fieldPath })]).optional(),
  destinationAlters: z.array(z.string().min(1)).optional(),
  schedule: scheduleShape.optional(),
  policy: policySchema.prefault({}),
});

export type SyncShape = z.output<typeof syncShape>;
