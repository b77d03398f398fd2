import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { z } from 'zod';
import type { Connection as SystemConnection } from '../../model/connection/connection.ts';
import type { Destination, Page, ReadRequest, Source } from '../../model/connector/connector.ts';
import type { Contract } from '../../model/drift/contract.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Mapped } from '../../model/mapping/mapping.ts';
import { workflowId, workflowType } from '../../model/names.ts';
import type { Json } from '../../model/record/json.ts';
import type { RunReport } from '../../model/sync/batch.ts';
import type { OnConflict } from '../../model/sync/conflict.ts';
import { type PolicyInput, policySchema } from '../../model/sync/policy.ts';
import type { LoadedSync } from '../../model/sync/project.ts';
import type { ReadRange } from '../../model/sync/range.ts';
import type { RunFrom } from '../../model/sync/run-state.ts';
import type { Deletes } from '../../model/sync/sync.ts';
import type { Settings } from '../../platform/foundation/config.ts';
import { type Ledger, openLedger } from '../../platform/ledger/ledger.ts';
import { connectTemporal, registerSearchAttributes } from '../../platform/temporal/connection.ts';
import { syncsSharing } from '../../project/shared-destinations.ts';
import { type RunningWorker, runWorker, type WorkerParts, type WorkflowCode } from '../../workers/worker.ts';
import { createTestDatabase } from './database.ts';
import { recordHistories } from './histories.ts';
import { testTemporal } from './temporal.ts';
import { testWorkflowCode } from './workflow-code.ts';

/** A sync for tests of the engine itself: any source and destination, and a mapping that passes records on. */
export interface TestSync {
  readonly name: string;
  readonly source: Source;
  readonly destination: Destination;
  readonly from?: z.ZodType;
  /** Default: `from`. */
  readonly to?: z.ZodType;
  readonly map?: (record: unknown) => Mapped;
  readonly mode?: 'incremental' | 'full';
  readonly overlapMs?: number;
  readonly policy?: PolicyInput;
  readonly deletes?: Deletes;
  readonly onConflict?: OnConflict;
  readonly contract?: Contract;
  /** Default: records have a version each. */
  readonly versioned?: boolean;
  readonly destinationAlters?: readonly string[];
  /** Default: `test`, which is always that of the destination. */
  readonly sourceConnection?: string;
}

export const testRecord = z.object({ id: z.string(), version: z.number().optional(), value: z.string() });

const connection: SystemConnection = {
  name: 'test',
  kind: 'test',
  settings: {},
  limits: {},
  timeoutMs: 5000,
  maxResponseBytes: 1_000_000,
};

function loaded(sync: TestSync): LoadedSync {
  const from = sync.from ?? testRecord;
  const endpoint = { kind: 'test', connection: 'test', options: {} };
  return {
    name: sync.name,
    file: `syncs/${sync.name}.ts`,
    sync: {
      source: endpoint,
      destination: endpoint,
      key: '/id',
      ...(sync.versioned !== false && { version: '/version' }),
      deletes: sync.deletes ?? 'ignore',
      ...(sync.contract && { contract: sync.contract }),
      ...(sync.destinationAlters && { destinationAlters: sync.destinationAlters as readonly never[] }),
      ...(sync.onConflict && { onConflict: sync.onConflict as LoadedSync['sync']['onConflict'] & {} }),
      mapping: {
        from,
        to: sync.to ?? from,
        version: '1',
        run: sync.map ?? ((record) => ({ state: 'mapped', record })),
      } as LoadedSync['sync']['mapping'],
    },
    policy: policySchema.parse({
      heartbeatTimeout: '2 seconds',
      retryFirst: '100 ms',
      retryMax: '1 second',
      ...sync.policy,
    }),
    mode: sync.mode ?? 'full',
    overlapMs: sync.overlapMs ?? 0,
    sourceConnection: { ...connection, name: sync.sourceConnection ?? connection.name },
    destinationConnection: connection,
    openSource: () => sync.source,
    openDestination: () => sync.destination,
    version: '1',
  };
}

function unknownSync(name: string): never {
  throw new SyncFailure('SYNC_UNKNOWN', `no sync ${name}`);
}

interface StartOptions {
  readonly full?: boolean;
  readonly run?: string;
  readonly from?: RunFrom;
  readonly range?: ReadRange;
}

export interface TestEngine {
  readonly client: Client;
  readonly ledger: Ledger;
  readonly taskQueue: string;
  /** The sync as a project would give it. */
  loaded(sync: string): LoadedSync;
  /** Starts a run and gives its handle. */
  start(sync: string, options?: StartOptions): ReturnType<Client['workflow']['start']>;
  /** Runs a sync to its end. */
  run(sync: string, options?: StartOptions): Promise<RunReport>;
  /** One more worker, with settings and workflows of its own if need be. */
  startWorker(settings?: Partial<Settings>, code?: WorkflowCode): Promise<RunningWorker>;
  /** A run that something else started: its history is recorded too, where histories are. */
  alsoStarted(workflowId: string, name: string): void;
  close(): Promise<void>;
}

/** Servers of the test's own, which it ends itself. Default: the Temporal of the suite, and a new database. */
export interface TestServers {
  readonly temporal?: string;
  readonly databaseUrl?: string;
  readonly taskQueue?: string;
  /** Settings of the first worker; `none` for none. */
  readonly worker?: Partial<Settings> | 'none';
  /** Put around the steps of every worker. */
  readonly steps?: NonNullable<WorkerParts['steps']>;
}

/** A real Temporal, a real ledger in a database of its own, and one worker on a queue of its own. */
export async function createTestEngine(
  syncs: readonly TestSync[],
  {
    temporal: temporalAddress = testTemporal(),
    databaseUrl,
    taskQueue = `test-${randomUUID()}`,
    worker = {},
    steps,
  }: TestServers = {},
): Promise<TestEngine> {
  const database = databaseUrl === undefined ? await createTestDatabase() : { url: databaseUrl, drop: async () => {} };
  const ledger = await openLedger(database.url);
  const temporal = await connectTemporal(temporalAddress);
  await registerSearchAttributes(temporal);
  await temporal.close();
  const native = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection: native });
  const byName = new Map(syncs.map((sync) => [sync.name, loaded(sync)]));
  const current = async (name: string): Promise<LoadedSync> => byName.get(name) ?? unknownSync(name);
  const workers: RunningWorker[] = [];
  const startWorker: TestEngine['startWorker'] = async (own = {}, code) => {
    const settings = {
      temporalAddress,
      namespace: 'default',
      databaseUrl: database.url,
      taskQueue,
      projectFolder: '.',
      logLevel: 'silent',
      graceSeconds: 1,
      concurrentSteps: 50,
      stepsPerConnection: 10,
      batchMemoryBytes: 96 * 1024 * 1024,
      healthAddress: null,
      build: null,
      ...own,
    };
    const world = {
      toolsFor: () => {
        throw new Error('a test endpoint needs no tools');
      },
    };
    const sharing = async (name: string) => syncsSharing(byName.get(name) ?? unknownSync(name), byName.values());
    const parts = { projects: { current, version: current, sharing }, world, ledger, ...(steps && { steps }) };
    const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' });
    const worker = await runWorker(settings, log, parts, code ?? (await testWorkflowCode()));
    workers.push(worker);
    return worker;
  };
  if (worker !== 'none') await startWorker(worker);
  const started = new Map<string, string>();
  const start: TestEngine['start'] = (sync, { full = false, run = randomUUID(), from, range } = {}) => {
    const id = workflowId(sync, run);
    started.set(id, sync);
    return client.workflow.start(workflowType.sync, {
      taskQueue,
      workflowId: id,
      args: [{ sync, run, trigger: 'test', full, ...(from && { from }), ...(range && { range }) }],
    });
  };
  return {
    client,
    ledger,
    taskQueue,
    loaded: (sync) => byName.get(sync) ?? unknownSync(sync),
    start,
    run: async (sync, options) => (await start(sync, options)).result() as Promise<RunReport>,
    startWorker,
    alsoStarted: (id, name) => void started.set(id, name),
    async close() {
      await recordHistories(client, started);
      for (const worker of workers) worker.drain();
      await Promise.all(workers.map((worker) => worker.done));
      await native.close();
      await ledger.close();
      await database.drop();
    },
  };
}

/** A source over an array that a test may change; a position is the index of the next record. */
export function arraySource(
  records: () => readonly Json[],
  options: { pageSize?: number; fail?: (page: number) => void } = {},
): Source {
  const pageSize = options.pageSize ?? 10;
  return {
    can: { incremental: true, provesEnd: true, ordered: false },
    async *read(request: ReadRequest): AsyncIterable<Page> {
      const since = typeof request.since === 'number' ? request.since : null;
      const all = records().filter((record) => since === null || versionOf(record) >= since);
      for (let at = typeof request.position === 'number' ? request.position : 0; ; at += pageSize) {
        options.fail?.(at / pageSize);
        const page = all.slice(at, at + pageSize);
        const next = at + pageSize < all.length ? at + pageSize : null;
        yield { body: Buffer.from(JSON.stringify(page)), records: page, next };
        if (next === null) return;
      }
    },
    decode: (body) => JSON.parse(body.toString()),
  };
}

const versionOf = (record: Json): number =>
  typeof record === 'object' && record !== null && 'version' in record && typeof record['version'] === 'number'
    ? record['version']
    : 0;
