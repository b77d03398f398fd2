import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { columns } from './invoice-columns.ts';

/** `texts`: records that are mostly one text, into a table. */
export type Destination = 'postgres' | 'http' | 'texts';

export const syncName = (to: Destination, round: number): string => `${to}-${round}`;
export const tableName = (round: number): string => `public.invoices_${round}`;

/** The project of the benchmark: for each round one sync to each destination, which has seen nothing yet. */
export async function writeProject(
  folder: string,
  at: { readonly source: string; readonly bulk: string; readonly databaseUrl: string; readonly journal: boolean },
  rounds: number,
): Promise<void> {
  const url = new URL(at.databaseUrl);
  url.password = '';
  const repository = fileURLToPath(new URL('../../../', import.meta.url));
  await mkdir(join(folder, 'mappings'), { recursive: true });
  await mkdir(join(folder, 'syncs'), { recursive: true });
  await writeFile(
    join(folder, 'connections.yaml'),
    `shop:
  kind: rest
  address: ${at.source}
  network: private
  auth: { kind: bearer, token: { env: BENCH_TOKEN } }
  journal: { enabled: ${at.journal} }
warehouse:
  kind: postgres
  url: ${url.href}
  password: { env: WAREHOUSE_PASSWORD }
books:
  kind: rest
  address: ${at.bulk}
  network: private
  auth: { kind: bearer, token: { env: BENCH_TOKEN } }
  journal: { enabled: ${at.journal} }
`,
  );
  await writeFile(
    join(folder, 'mappings/order-to-invoice.ts'),
    await readFile(join(repository, 'mappings/order-to-invoice.ts'), 'utf8'),
  );
  for (let round = 1; round <= rounds; round++) {
    await writeFile(join(folder, `syncs/${syncName('postgres', round)}.ts`), syncFile(toPostgres(round)));
    await writeFile(join(folder, `syncs/${syncName('http', round)}.ts`), syncFile(toHttp));
    await writeFile(join(folder, `syncs/${syncName('texts', round)}.ts`), textsFile(round));
  }
}

const toPostgres = (round: number): string =>
  `postgres.destination('warehouse', { table: '${tableName(round)}', key: 'externalId', columns: ${JSON.stringify(columns)} })`;

const toHttp = `rest.destination('books', {
    path: '/invoices/bulk', key: 'externalId', maxRecords: 500, upsert: true, idempotencyKey: { hours: 24 },
    bulk: { list: '/invoices', results: { list: '/results', key: 'externalId', status: 'status' } },
  })`;

const textsFile = (round: number): string => `import { defineSync, map } from 'syncline';
import postgres from 'syncline/connectors/postgres';
import rest from 'syncline/connectors/rest';
import { z } from 'zod';

const Text = z.object({ id: z.string(), text: z.string(), updatedAt: z.string() });

export default defineSync({
  source: rest.source('shop', {
    path: '/orders', records: '/orders', pagination: { kind: 'cursor', next: '/next', sizeParam: 'limit' }, pageSize: 1000,
  }),
  key: 'id',
  version: 'updatedAt',
  mapping: map(Text, Text, (one) => ({ id: one.id, text: one.text, updatedAt: one.updatedAt })),
  destination: postgres.destination('warehouse', {
    table: 'public.texts_${round}', key: 'id', columns: { id: 'text', text: 'text', updatedAt: 'text' },
  }),
});
`;

const syncFile = (destination: string, more = ''): string => `import { defineSync } from 'syncline';
import postgres from 'syncline/connectors/postgres';
import rest from 'syncline/connectors/rest';
import { orderToInvoice } from '../../mappings/order-to-invoice.ts';

void [postgres, rest];

export default defineSync({
  source: rest.source('shop', {
    path: '/orders', records: '/orders', pagination: { kind: 'cursor', next: '/next', sizeParam: 'limit' }, pageSize: 1000,
    incremental: { param: 'updated_since' },
  }),
  key: 'id',
  version: 'updatedAt',
  mapping: orderToInvoice,
  destination: ${destination},
${more}});
`;

/** One of many that have nothing to do. */
export const scheduledFile = syncFile(toHttp, "  schedule: { every: '1 minute' },\n");
