import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { SyncFailure } from '../../model/failure/failure.ts';
import { NAMESPACE, searchAttribute } from '../../model/names.ts';

export interface TemporalConnection {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  close(): Promise<void>;
}

/** gRPC status codes, from grpc/grpc `doc/statuscodes.md`. */
const grpc = { notFound: 5, alreadyExists: 6, permissionDenied: 7, unimplemented: 12, unauthenticated: 16 } as const;

/** A service that answers at all answers within this. */
const connectTimeoutMs = 5000;

/**
 * Connects to a Temporal server and proves that the namespace is there.
 * Throws TEMPORAL_UNAVAILABLE, which names address and namespace.
 */
export async function connectTemporal(
  address: string,
  namespace: string = NAMESPACE,
  timeoutMs: number = connectTimeoutMs,
): Promise<TemporalConnection> {
  const connection = await open(address, timeoutMs);
  try {
    await connection.withDeadline(Date.now() + timeoutMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (error) {
    await connection.close();
    throw new SyncFailure('TEMPORAL_UNAVAILABLE', namespaceProblem(address, namespace, error), { cause: error });
  }
  return {
    client: new Client({ connection, namespace }),
    connection,
    namespace,
    close: () => connection.close(),
  };
}

async function open(address: string, timeoutMs: number): Promise<Connection> {
  try {
    return await Connection.connect({ address, connectTimeout: timeoutMs });
  } catch (error) {
    throw new SyncFailure('TEMPORAL_UNAVAILABLE', `no Temporal server answers at ${address}`, { cause: error });
  }
}

function namespaceProblem(address: string, namespace: string, error: unknown): string {
  if (grpcCode(error) !== grpc.notFound) return `Temporal at ${address} does not answer for namespace ${namespace}`;
  return `Temporal at ${address} has no namespace ${namespace}; create it with \`temporal operator namespace create -n ${namespace}\``;
}

const wanted = Object.values(searchAttribute);

/** A server takes up new search attributes within its cache time, at most this. */
const takeUpMs = 15_000;

/**
 * Makes the search attributes of the engine known to the server; those it has are left alone.
 * Throws TEMPORAL_UNAVAILABLE when they cannot be made, with the commands that make them by hand.
 */
export async function registerSearchAttributes(temporal: TemporalConnection): Promise<void> {
  const missing = await missingSearchAttributes(temporal);
  if (missing.length === 0) return;
  const { INDEXED_VALUE_TYPE_KEYWORD: keyword } = proto.temporal.api.enums.v1.IndexedValueType;
  try {
    await temporal.connection.operatorService.addSearchAttributes({
      namespace: temporal.namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
    });
  } catch (error) {
    if (grpcCode(error) !== grpc.alreadyExists) throw cannotRegister(missing, temporal.namespace, error);
  }
  const until = performance.now() + takeUpMs;
  while ((await missingSearchAttributes(temporal)).length > 0) {
    if (performance.now() > until) throw cannotRegister(missing, temporal.namespace);
    await sleep(200);
  }
}

export async function missingSearchAttributes(temporal: TemporalConnection): Promise<readonly string[]> {
  const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({
    namespace: temporal.namespace,
  });
  return wanted.filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
}

function cannotRegister(names: readonly string[], namespace: string, cause?: unknown): SyncFailure {
  const commands = names.map(
    (name) => `temporal operator search-attribute create -n ${namespace} --name ${name} --type Keyword`,
  );
  return new SyncFailure(
    'TEMPORAL_UNAVAILABLE',
    `the search attributes of Syncline could not be created; create them with ${commands.join('; ')}`,
    { cause },
  );
}

function grpcCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null) return null;
  if ('code' in error && typeof error.code === 'number') return error.code;
  return 'cause' in error ? grpcCode(error.cause) : null;
}
