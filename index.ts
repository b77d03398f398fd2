/** What a project's files import from 'syncline'. */
export { secretRef } from './model/connection.ts';
export {
  type Connector,
  type ConnectorTools,
  type Destination,
  defineConnector,
  type Source,
} from './model/connector.ts';
export { SyncFailure } from './model/failure.ts';
export { personal, secret } from './model/field-marks.ts';
export * from './model/mapping/public.ts';
export type { ScheduleInput } from './model/schedule/schedule.ts';
export { defineSync, type Sync } from './model/sync.ts';
