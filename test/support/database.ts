import { createScratchDatabase, type ScratchDatabase } from '../../stack/scratch-database.ts';
import { testDatabaseServer } from './temporal.ts';

export type TestDatabase = ScratchDatabase;

/** A fresh, empty database; drop it in `afterAll`. */
export const createTestDatabase = (): Promise<TestDatabase> => createScratchDatabase(testDatabaseServer(), 'test');

/** The address of a database by way of a proxy on the loopback. */
export function byWayOf({ port }: { readonly port: number }, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}

/** Runs `work` with a fresh database, which is removed afterwards whatever happens. */
export async function withDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const database = await createTestDatabase();
  try {
    return await work(database.url);
  } finally {
    await database.drop();
  }
}
