import pg from 'pg';
import { columns } from '../invoice-columns.ts';
import { call } from './calls.ts';
import type { Invoice } from './invoice.ts';

/** Writes invoices and resolves when the destination has them. */
export interface Writer {
  write(invoices: readonly Invoice[]): Promise<void>;
  close(): Promise<void>;
}

/** Into a table of PostgreSQL, an upsert for each page: faster here than COPY and than unnest of a list a column. */
export async function postgresWriter(databaseUrl: string, table: string): Promise<Writer> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const names = Object.keys(columns).map((name) => `"${name}"`);
  const typed = Object.entries(columns).map(([name, type]) => `"${name}" ${type}`);
  const changes = names.slice(1).map((name) => `${name} = excluded.${name}`);
  await pool.query(`create table if not exists ${table} (${typed.join(', ')}, primary key (${names[0]}))`);
  const text = `insert into ${table} (${names.join(', ')})
    select ${names.join(', ')} from jsonb_to_recordset($1::jsonb) as invoice(${typed.join(', ')})
    on conflict (${names[0]}) do update set ${changes.join(', ')}`;
  return {
    async write(invoices) {
      if (invoices.length > 0) await pool.query({ name: 'upsert', text, values: [JSON.stringify(invoices)] });
    },
    close: () => pool.end(),
  };
}

/** To the HTTP destination, 500 in a request. */
export function httpWriter(url: string): Writer {
  const post = async (invoices: readonly Invoice[]): Promise<void> => {
    const answer: unknown = JSON.parse(
      (await call('POST', `${url}/invoices/bulk`, `{"invoices":${JSON.stringify(invoices)}}`)).toString(),
    );
    if (!isAnswer(answer) || answer.results.length !== invoices.length) throw new Error('a result is missing');
    for (const { status } of answer.results) {
      if (status !== 'created' && status !== 'updated') throw new Error(`an invoice was ${status}`);
    }
  };
  return {
    async write(invoices) {
      const requests: Promise<void>[] = [];
      for (let at = 0; at < invoices.length; at += 500) requests.push(post(invoices.slice(at, at + 500)));
      await Promise.all(requests);
    },
    close: async () => {},
  };
}

const isAnswer = (value: unknown): value is { readonly results: readonly { readonly status: string }[] } =>
  typeof value === 'object' && value !== null && 'results' in value && Array.isArray(value.results);
