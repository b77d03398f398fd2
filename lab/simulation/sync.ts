import type { Destination } from '../../model/connector/connector.ts';
import { policySchema } from '../../model/sync/policy.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import { type SimulatedSource, simulatedRecord } from './source.ts';

const policy = policySchema.parse({ batchRecords: 6, maxRejectedAtLeast: 1000 });
const deletes = { maxShare: 0.5, atLeast: 3 };
const system = { name: 'sim', kind: 'sim', settings: {}, limits: {}, timeoutMs: 0, maxResponseBytes: 1_000_000 };
const endpoint = { kind: 'sim', connection: 'sim', options: {} };
const mapping = {
  from: simulatedRecord,
  to: simulatedRecord,
  version: '1',
  run: (record: unknown) => ({ state: 'mapped', record }),
};

/** The sync of a simulation, as a project would give it: records pass unchanged, what is gone is deleted. */
export const simulatedSync = (name: string, source: SimulatedSource, destination: Destination): LoadedSync => ({
  name,
  file: 'syncs/sim.ts',
  sync: { source: endpoint, destination: endpoint, key: '/id', version: '/version', mapping, deletes } as never,
  policy,
  mode: 'incremental',
  overlapMs: 0,
  sourceConnection: system,
  destinationConnection: system,
  openSource: () => source.open(),
  openDestination: () => destination,
  version: '1',
});
