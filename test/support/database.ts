import { createScratchDatabase, type ScratchDatabase } from '../../dev/stack/scratch-database.ts';
import { testDatabaseServer } from './temporal.ts';

export type TestDatabase = ScratchDatabase;

/** A fresh, empty database; drop it in `afterAll`. */
export const createTestDatabase = (): Promise<TestDatabase> => createScratchDatabase(testDatabaseServer(), 'test');

/** Runs `work` with a fresh database, which is removed afterwards whatever happens. */
export async function withDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const database = await createTestDatabase();
  try {
    return await work(database.url);
  } finally {
    await database.drop();
  }
}
