import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Files of a project by their path; a Buffer is written as it is. */
export type ProjectFiles = Readonly<Record<string, string | Buffer>>;

/** Writes the files into a new folder, which is gone when `work` ends. */
export async function withProject<T>(files: ProjectFiles, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-project-'));
  try {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), content);
    }
    return await work(folder);
  } finally {
    await chmod(folder, 0o700).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}

/** A kind of system for tests: nothing of it ever answers. `since` makes its source incremental, `blind` its destination T5. */
export const paperConnector = `
import { defineConnector, secretRef } from 'syncline';
import { z } from 'zod';

const never = () => { throw new Error('not to be called'); };

export default defineConnector({
  kind: 'paper',
  summary: 'Paper, for tests.',
  settings: z.strictObject({ url: z.url(), password: secretRef.optional(), drawer: z.string().optional(), tidy: z.boolean().optional() }),
  source: {
    options: z.strictObject({
      sheet: z.string(),
      order: z.enum(['ascending', 'descending']).default('ascending'),
      since: z.string().optional(),
      headers: z.record(z.string(), z.string()).optional(),
    }),
    open: (_connection, options) => ({
      can: { incremental: options.since !== undefined, provesEnd: true, ordered: true },
      read: never,
      decode: never,
    }),
  },
  destination: {
    options: z.strictObject({ sheet: z.string(), copies: z.int().min(1).max(9).default(1), blind: z.boolean().default(false) }),
    open: (_connection, options) => ({
      can: options.blind ? {} : { upsert: true },
      place: options.sheet,
      limits: { records: 100, bytes: 1000, concurrency: 1 },
      write: never,
    }),
  },
  check: never,
});
`;

export const paperConnections = `
shop:
  kind: paper
  url: https://shop.test/v1
books:
  kind: paper
  url: https://books.test
`;

export const paperMapping = `
import { map } from 'syncline';
import { z } from 'zod';

export const Order = z.object({ id: z.string(), changed: z.string(), paid: z.boolean(), lines: z.array(z.string()) });
export const Invoice = z.object({ order: z.string() });
export const orderToInvoice = map(Order, Invoice, (order) => ({ order: order.id }), { unused: ['changed', 'paid', 'lines'] });
`;

export const paperSync = `
import { defineSync } from 'syncline';
import paper from '../connectors/paper.ts';
import { orderToInvoice } from '../mappings/order-to-invoice.ts';

export default defineSync({
  source: paper.source('shop', { sheet: 'orders' }),
  key: 'id',
  mapping: orderToInvoice,
  destination: paper.destination('books', { sheet: 'invoices' }),
});
`;

/** A project without faults. Pass files that replace or join its own. */
export const paperProject = (files: ProjectFiles = {}): ProjectFiles => ({
  'connections.yaml': paperConnections,
  'connectors/paper.ts': paperConnector,
  'mappings/order-to-invoice.ts': paperMapping,
  'syncs/orders.ts': paperSync,
  ...files,
});
