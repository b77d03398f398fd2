import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ChaosClass, classes } from './chaos-class.ts';
import { HEARTBEAT_MS } from './heartbeat.ts';

const bulk = (more: string, name: string): string =>
  `rest.destination('${name}', { path: '/${name}/records', key: 'id', maxRecords: 20, concurrency: 2,
    delete: { path: '/${name}/records/{key}' },
    bulk: { list: '/records', results: { list: '/results', status: 'status', key: 'id', message: 'message' } }, ${more} })`;

const destinations: Record<ChaosClass, string> = {
  t1: `postgres.destination('warehouse', { table: 'records', key: 'id' })`,
  t2: bulk('idempotencyKey: { hours: 24 }', 't2'),
  t3: bulk('upsert: true', 't3'),
  t4: bulk(
    `lookup: { path: '/t4/records', query: { ids: '{keys}' }, maxKeys: 100, records: '/records', lagMs: 500 }`,
    't4',
  ),
  t5: `rest.destination('t5', { path: '/t5/record', key: 'id', concurrency: 1, delete: { path: '/t5/records/{key}' } })`,
};

const syncFile = (name: ChaosClass): string => `import { defineSync } from 'syncline';
import postgres from 'syncline/connectors/postgres';
import rest from 'syncline/connectors/rest';
import { copy } from '../mappings/copy.ts';

void postgres;
export default defineSync({
  summary: 'The yard, delivery class ${name.toUpperCase()}.',
  source: rest.source('origin', {
    path: '/source/${name}', records: '/records', pageSize: 25,
    pagination: { kind: 'cursor', next: '/next', sizeParam: 'limit' },
    incremental: { param: 'since' }, ordered: true,
  }),
  key: 'id',
  version: 'version',
  mapping: copy,
  destination: ${destinations[name]},
  deletes: { maxShare: 0.3, atLeast: 10 },
  policy: {
    batchRecords: 60, batchesInFlight: 2, maxRejectedShare: 1, heartbeatTimeout: '${HEARTBEAT_MS} ms',
    retryFirst: '100 ms', retryMax: '1 second',
  },
});
`;

const mapping = `import { map } from 'syncline';
import { z } from 'zod';

const Record = z.object({ id: z.string(), version: z.int(), value: z.string() });
export const copy = map(Record, Record, (record) => ({ id: record.id, version: record.version, value: record.value }));
`;

/** Where the workers find what they talk to; ports of links. */
export interface Whereabouts {
  readonly source: number;
  readonly destination: number;
  readonly warehouse: number;
  /** Of the server that holds the warehouse, with password. */
  readonly databaseUrl: string;
}

/** Writes the project that the yard's workers serve. `more`: further files, by their path in it. */
export async function writeProject(folder: string, at: Whereabouts, more: ReadonlyMap<string, string>): Promise<void> {
  const url = new URL(at.databaseUrl);
  url.port = String(at.warehouse);
  url.password = '';
  url.pathname = '/yard';
  const system = (name: string, port: number) =>
    `${name}:\n  kind: rest\n  address: http://127.0.0.1:${port}\n  network: private\n  timeout: 1500 ms\n`;
  const warehouse = `warehouse:\n  kind: postgres\n  url: ${url.href}\n  password: { env: YARD_PASSWORD }\n  timeout: 1500 ms\n`;
  const rest = ['t2', 't3', 't4', 't5', 'far'].map((name) => system(name, at.destination));
  await mkdir(path.join(folder, 'syncs'), { recursive: true });
  await mkdir(path.join(folder, 'mappings'), { recursive: true });
  await writeFile(path.join(folder, 'connections.yaml'), [system('origin', at.source), ...rest, warehouse].join(''));
  await writeFile(path.join(folder, 'mappings/copy.ts'), mapping);
  for (const [file, text] of more) await writeFile(path.join(folder, file), text);
  for (const name of classes) await writeFile(path.join(folder, `syncs/${name}.ts`), syncFile(name));
}

/** The destination of class T1: its journal is written by a trigger, so that no writer can get past it. */
export const warehouseTables = `
create table records (id text primary key, version bigint not null, value text not null check (value <> 'refuse'));
create table journal (n bigint generated always as identity primary key, id text not null, version bigint not null,
  gone boolean not null);
create function note_effect() returns trigger language plpgsql as $$
  declare touched records := case when tg_op = 'DELETE' then old else new end;
  begin insert into journal (id, version, gone) values (touched.id, touched.version, tg_op = 'DELETE'); return touched; end $$;
create trigger note_effect after insert or update or delete on records for each row execute function note_effect();
`;
