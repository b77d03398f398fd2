import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection } from '../../model/connection/connection.ts';
import type { Connector, ConnectorTools } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { Json, JsonRecord } from '../../model/record/json.ts';
import { underFileLockOf } from '../../platform/foundation/file-lock.ts';
import { type Sample, sample } from '../../testing/samples.ts';
import type { LiveSystem, Subject } from '../../testing/subject.ts';

export function filesConnection(): Connection {
  return {
    name: 'drop-box',
    kind: 'files',
    settings: { folder: '.' },
    limits: {},
    timeoutMs: 5_000,
    maxResponseBytes: 1 << 26,
  };
}

/** A lock that nobody can be asked about is waited for as long: short, for nobody else writes in these folders. */
const LEASE_MS = 200;

/** Tools for a connector that needs no more than a folder. */
export function folderTools(folder: string): ConnectorTools {
  const none = () => {
    throw new SyncFailure('INTERNAL', 'files need neither HTTP nor SQL');
  };
  const silent = () => undefined;
  return {
    http: { request: none },
    open: none,
    secret: none,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    underFileLock: underFileLockOf(LEASE_MS),
    projectFolder: folder,
  };
}

/** Runs `work` with a folder of its own, which is removed afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'syncline-files-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const columns = ['id', 'name', 'note', 'amount', 'exact', 'nested', 'updated'];

/** A folder with an empty file to read, and none yet to write. */
async function filesSystem(format: 'csv' | 'jsonl'): Promise<LiveSystem> {
  const folder = await mkdtemp(path.join(tmpdir(), 'syncline-files-'));
  const incoming = path.join(folder, `in.${format}`);
  const content = new Map<string, Sample>();
  await writeFile(incoming, '');
  return {
    connection: filesConnection(),
    tools: folderTools(folder),
    source: { path: `in.${format}`, format, pageRecords: 10, settleMs: 0 },
    destination: { path: `out.${format}`, format, key: 'id', ...(format === 'csv' ? { columns } : {}) },
    async seed(samples) {
      for (const one of samples) content.set(one.id, one);
      const list = [...content.values()];
      await writeFile(
        incoming,
        format === 'csv' ? csvOf(list) : list.map((one) => `${JSON.stringify(one)}\n`).join(''),
      );
    },
    async stored() {
      const text = await readFile(path.join(folder, `out.${format}`), 'utf8').catch(() => '');
      const records = format === 'csv' ? recordsOf(text) : jsonRecordsOf(text);
      return new Map(records.map((record) => [String(record['id']), record]));
    },
    takeDown: () => rm(folder, { recursive: true }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const inCsv = (value: Json | undefined): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);

const csvOf = (list: readonly Sample[]): string =>
  [columns, ...list.map((one) => columns.map((name) => inCsv(one[name])))]
    .map((fields) => `${fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')}\r\n`)
    .join('');

const jsonRecordsOf = (text: string): JsonRecord[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** A reader of CSV of its own, so that writer and reader of the connector are not each other's only witness. */
function recordsOf(text: string): JsonRecord[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\n') rows.push([]);
  }
  const [header = [], ...body] = rows.slice(0, -1);
  return body.map((fields) => Object.fromEntries(header.map((name, index) => [name, fields[index] ?? ''])));
}

const asCsv = (one: Sample): JsonRecord => Object.fromEntries(columns.map((name) => [name, inCsv(one[name])]));

/** The entry of the acceptance suite for one format. */
export const filesSubject = (connector: Connector, format: 'csv' | 'jsonl'): Subject => ({
  connector,
  setUp: () => filesSystem(format),
  required: { settings: ['folder'], source: ['path', 'format'], destination: ['path', 'format', 'key'] },
  whenDown: 'FILE_UNREADABLE',
  ...(format === 'csv' ? { asRead: asCsv, asStored: asCsv } : {}),
  badRecord: () => ({ ...sample(9), id: null }),
  cannot: {
    incremental: 'a file is read as a whole',
    'by key': 'a file is read as a whole',
    'retry when down': 'a folder that is missing waits for a person',
  },
});
