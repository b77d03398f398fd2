import {
  type Destination,
  exactJson,
  type ItemOutcome,
  isRecord,
  type Json,
  parseExact,
  type ReadBack,
  type SqlPool,
  type SqlSession,
  type WriteItem,
  type WriteRequest,
} from '../../index.ts';
import { type Column, preparedTable, readTable, type Table } from './catalog.ts';
import { noteSums, postgresChecksums } from './checksums.ts';
import { rowEncoder } from './encode.ts';
import { identifyRows } from './identity.ts';
import { deleteKeys, readKeys } from './keys.ts';
import { claimRequest, committedRequests, noteRejected, type Rejected, takeFence } from './markers.ts';
import type { PostgresDestinationOptions } from './options.ts';
import { orRespelt, refuseRespelt } from './respelt.ts';
import { type Plan, planRows, refused, rejection } from './rows.ts';
import { sameUnderKey } from './same.ts';
import { storedForms } from './stored.ts';
import { upsertRows } from './upsert.ts';

/**
 * Writes rows and the marker of the request in one transaction (delivery class T1). The id of a record is the text
 * of its key columns (see keyText), which `read` and a delete's `destinationId` take.
 */
export function postgresDestination(
  database: () => Promise<SqlPool>,
  options: PostgresDestinationOptions,
): Destination {
  const inTransaction = async <T>(work: (sql: SqlSession) => Promise<T>): Promise<T> =>
    (await database()).transaction(work);
  return {
    can: { transaction: true, upsert: true, lookupLagMs: 0 },
    encode: rowEncoder(options.key),
    // A table of the schema that is searched by default has two names.
    place: options.table.replace(/^public\./, ''),
    identify: async (items, signal) => {
      signal.throwIfAborted();
      return identifyRows(await database(), options, items);
    },
    limits: { records: 10_000, bytes: 32 * 1024 * 1024, concurrency: 2 },
    write: (request) => orRespelt(inTransaction((sql) => writeRequest(sql, options, request))),
    committed: (requestIds, fence, signal) =>
      inTransaction(async (sql) => {
        signal.throwIfAborted();
        await preparedTable(sql, options);
        await takeFence(sql, options, fence, 'exclusive');
        return committedRequests(sql, options, requestIds);
      }),
    read: (keys, signal) =>
      inTransaction(async (sql) => {
        signal.throwIfAborted();
        const table = await readTable(sql, options);
        return table === undefined ? new Map() : readBack(await readKeys(sql, options, table, keys), table);
      }),
    same: sameUnderKey(options.key),
    storedForms: (field, values, signal) =>
      inTransaction(async (sql) => {
        signal.throwIfAborted();
        const table = await readTable(sql, options);
        return table === undefined ? [] : formsOf(sql, table, field, values);
      }),
    ...(options.verify === 'checksums' ? { checksums: postgresChecksums(database, options) } : {}),
  };
}

function readBack(found: ReadonlyMap<string, string>, table: Table): ReadonlyMap<string, ReadBack> {
  const instants = [...table.columns.values()].filter(({ type }) => type.endsWith(' with time zone'));
  return new Map(
    [...found].map(([id, json]) => {
      const record = parseExact(json);
      return [id, { id, record: instants.length === 0 ? record : withInstants(record, instants) }];
    }),
  );
}

/** Times with a zone as mappings write them: `2026-03-01T10:00:00Z`, where PostgreSQL writes `+00:00`. */
function withInstants(record: Json, instants: readonly Column[]): Json {
  if (!isRecord(record)) return record;
  const changed = instants.flatMap(({ name }) => {
    const value = record[name];
    return typeof value === 'string' ? [[name, value.replace(/\+00:00$/, 'Z')] as const] : [];
  });
  return { ...record, ...Object.fromEntries(changed) };
}

/** What would not be written has no form: it is not said that a guess of PostgreSQL is what was meant. */
async function formsOf(
  sql: SqlSession,
  table: Table,
  field: string,
  values: readonly Json[],
): Promise<readonly (Json | undefined)[]> {
  const column = table.columns.get(field);
  if (column === undefined) return [];
  const texts = values.map((value) => (refused(value, column, true) === undefined ? exactJson(value) : undefined));
  const asked = texts.filter((text) => text !== undefined);
  const rows = readBack(await storedForms(sql, column, asked), table);
  return texts.map((text) => {
    const row = text === undefined ? undefined : rows.get(text)?.record;
    return isRecord(row) ? row[field] : undefined;
  });
}

async function writeRequest(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  request: WriteRequest,
): Promise<readonly ItemOutcome[]> {
  request.signal.throwIfAborted();
  const table = await preparedTable(sql, options);
  const plan = planRows(request.items, table, options.key);
  // Invariant 7, one writer; then invariant 4, no double effect: both in the transaction that writes the rows.
  await takeFence(sql, options, request.fence, 'share');
  const before = await claimRequest(sql, options, request.id, request.fence);
  const areNew = request.items.every(({ op, exists }) => op === 'upsert' && exists === false);
  const rejected = before ?? (await applyPlan(sql, options, table, plan, { items: request.items, areNew }));
  if (before === undefined) {
    await noteRejected(sql, options, request.id, rejected);
    if (options.verify === 'checksums')
      await noteSums(sql, options, request.fence.sync, request.items, plan, rejected, table);
  }
  request.signal.throwIfAborted();
  return plan.keys.map(
    (id, index) => rejected.get(index) ?? { state: 'confirmed', id: request.items[index]?.identity ?? id },
  );
}

async function applyPlan(
  sql: SqlSession,
  options: PostgresDestinationOptions,
  table: Table,
  plan: Plan,
  { items, areNew }: { readonly items: readonly WriteItem[]; readonly areNew: boolean },
): Promise<ReadonlyMap<number, Rejected>> {
  const rejected = new Map(plan.rejected);
  const refuse = ({ items }: { readonly items: readonly number[] }, outcome: Rejected): void => {
    for (const item of items) rejected.set(item, outcome);
  };
  // A constraint that is checked only at COMMIT could not be traced to its row.
  await sql.query('SET CONSTRAINTS ALL IMMEDIATE');
  const made = await upsertRows(sql, options, table, plan.rows, { areNew, refuse });
  refuseRespelt(items, plan, made);
  const keys = plan.deletes.map(({ key }) => key);
  const undeletable = await deleteKeys(sql, options, table, keys);
  for (const step of plan.deletes) {
    const failure = undeletable.get(step.key);
    if (failure !== undefined) refuse(step, rejection('RECORD_REJECTED', failure.message, failure.fault.column));
  }
  return rejected;
}
