import type { CallUse } from '../connection/call.ts';
import type { Connection } from '../connection/connection.ts';
import type { Connector, Destination, Source } from '../connector/connector.ts';
import { endpointName } from '../names.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Policy } from './policy.ts';
import type { Sync } from './sync.ts';

/** A project folder, read and checked: everything that a user wrote. */
export interface Project {
  readonly folder: string;
  readonly connections: ReadonlyMap<string, Connection>;
  /** By kind. */
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly syncs: ReadonlyMap<string, LoadedSync>;
}

/** A sync whose endpoints, policy and mapping have been checked against each other. */
export interface LoadedSync {
  readonly name: string;
  /** Relative to the project folder. */
  readonly file: string;
  readonly sync: Sync;
  readonly policy: Policy;
  /** `incremental` only where source and version field allow it. */
  readonly mode: 'incremental' | 'full';
  readonly overlapMs: number;
  /** Absent: it runs only when it is started. */
  readonly schedule?: Schedule;
  readonly sourceConnection: Connection;
  readonly destinationConnection: Connection;
  /** Opens the source through the world of the worker. */
  readonly openSource: (world: EndpointWorld) => Source;
  readonly openDestination: (world: EndpointWorld) => Destination;
  /** Changes when the mapping, the endpoints' options or the policy change: a run keeps the one it began with. */
  readonly version: string;
}

/** Source and destination of a sync as the search attributes of its runs name them. */
export const endpointNames = ({ sync, sourceConnection, destinationConnection }: LoadedSync) => ({
  source: endpointName(sourceConnection.name, sync.source.kind),
  destination: endpointName(destinationConnection.name, sync.destination.kind),
});

/** Gives the tools for one connection. `use` says for whom, where it is a sync. */
export interface EndpointWorld {
  toolsFor(connection: Connection, use?: CallUse): import('../connector/connector.ts').ConnectorTools;
}
