/** What whoever writes a connector imports from 'syncline', beside what every project does. */
export { carriable, headerName } from '../connection/auth.ts';
export { errorCode } from '../failure/error-code.ts';
export { isFailureCode, isSyncFailure } from '../failure/failure.ts';
export { NOT_OF_A_ROW, rowMessage, SqlRightFailure, SqlRowFailure } from '../failure/sql-failure.ts';
export { pathSteps } from '../mapping/path.ts';
export { Blocks, Content, contentOf } from '../record/content.ts';
export { copiedText, copyText } from '../record/copy-text.ts';
export { canonicalDecimal, exactJson, exactMember, parseExact, writesDouble } from '../record/exact-json.ts';
export { assignExact, RESERVED } from '../record/exact-marks.ts';
export { isRecord, type Json, type JsonRecord, valueAt } from '../record/json.ts';
export { keyOf } from '../record/record-key.ts';
export { contentHash } from '../record/transform.ts';
export { type EpochUnit, parseVersion } from '../record/version.ts';
export { addendSql, bucketSql } from '../sync/bucket.ts';
export type { Notice } from '../sync/notice.ts';
export type {
  BucketSums,
  Buckets,
  Checksums,
  ConnectionOf,
  Fence,
  FileLock,
  HttpAnswer,
  HttpClient,
  ItemOutcome,
  KeysRequest,
  NotedRecord,
  OpenTransport,
  Page,
  ReadBack,
  ReadRequest,
  Strangers,
  Transport,
  UnderFileLock,
  WriteItem,
  WriteRequest,
} from './connector.ts';
