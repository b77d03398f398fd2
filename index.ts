/** What a project's files import from 'syncline'. */
export { secretRef } from './model/connection/connection.ts';
export {
  type Connector,
  type ConnectorTools,
  type Destination,
  defineConnector,
  type Source,
} from './model/connector/connector.ts';
export * from './model/connector/public.ts';
export { SyncFailure } from './model/failure/failure.ts';
export * from './model/mapping/public.ts';
export { personal, secret } from './model/record/field-marks.ts';
export type { ScheduleInput } from './model/schedule/schedule.ts';
export { defineSync, type Sync } from './model/sync/sync.ts';
export { type SqlConfig, type SqlPool, type SqlSession, sqlTransport } from './platform/transports/sql/contract.ts';
