import type { SqlSession } from '../../model/connector.ts';
import { SqlRowFailure } from '../../model/sql-failure.ts';

/** Runs a step in a savepoint. Answers the failure when one row was at fault; then the step is undone. */
export async function rowFailure(sql: SqlSession, step: () => Promise<unknown>): Promise<SqlRowFailure | undefined> {
  await sql.query('SAVEPOINT syncline_step');
  try {
    await step();
  } catch (error) {
    if (!(error instanceof SqlRowFailure)) throw error;
    await sql.query('ROLLBACK TO SAVEPOINT syncline_step; RELEASE SAVEPOINT syncline_step');
    return error;
  }
  await sql.query('RELEASE SAVEPOINT syncline_step');
  return undefined;
}
