import { z } from 'zod';
import rest from '../../connectors/rest/index.ts';
import type { Destination, HttpClient } from '../../model/connector/connector.ts';
import type { DeliveryClass } from '../../model/sync/delivery.ts';
import { policySchema } from '../../model/sync/policy.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { batchPolicy, sourceOptions } from '../vices/options.ts';
import type { Vice } from '../vices/vice.ts';
import { connectionOf, toolsWith } from './connection.ts';
import { settings } from './in-process-http.ts';

/** Covers what the source commits late, and no run before. */
const OVERLAP_MS = 60_000;

/** A destination that takes nothing rejects more of a full batch; records whose rows others have are fewer. */
const CLOSED_REJECTS = 4;

/** Of one batch: so many records are looked at, and all that was lost shows by the last of each request. */
const REQUESTS = 2;
/** Where a request in doubt is replayed as it was; a look-up would leave more requests, of which a sample misses some. */
const replaying: ReadonlySet<DeliveryClass> = new Set(['T2', 'T3']);

const from = z.object({ id: z.string(), at: z.union([z.string(), z.number()]).exactOptional(), text: z.string() });
const to = z.object({ id: z.string(), text: z.string() });
const mapping = {
  from,
  to,
  version: '1',
  run: ({ id, text }: z.output<typeof from>) => ({ state: 'mapped', record: { id, text } }),
};

/** The sync of a simulation with vices: it reads by the rest connector itself, as a project would have it. */
export function viciousSync(
  name: string,
  promise: DeliveryClass,
  vices: ReadonlySet<Vice>,
  source: HttpClient,
  openDestination: () => Destination,
): LoadedSync {
  const { connector } = rest;
  const connection = { ...connectionOf('rest'), settings };
  const options = connector.source.options.parse(sourceOptions(vices, '/records'));
  const endpoint = { kind: 'rest', connection: 'sim', options: {} };
  const deletes = vices.has('counted-pages') ? 'ignore' : { maxShare: 0.5, atLeast: 3 };
  const hasStamps = !vices.has('no-stamps');
  const showsByTails = replaying.has(promise) && vices.size === 1 && vices.has('lost-tail');
  const version = hasStamps ? { version: 'at' } : {};
  return {
    name,
    file: 'syncs/sim.ts',
    sync: { source: endpoint, destination: endpoint, key: 'id', ...version, mapping, deletes } as never,
    policy: policySchema.parse({
      ...batchPolicy(vices),
      ...(showsByTails && { readBack: REQUESTS }),
      maxRejectedAtLeast: vices.has('closed-for-a-while') ? CLOSED_REJECTS : 1000,
    }),
    mode: hasStamps ? 'incremental' : 'full',
    overlapMs: OVERLAP_MS,
    sourceConnection: connection,
    destinationConnection: connection,
    openSource: () => connector.source.open(connection, options, toolsWith({ http: source })),
    openDestination,
    version: '1',
  };
}
