import { SqlRightFailure, SqlRowFailure, type SqlSession } from '../../index.ts';

/** Runs a step in a savepoint. Answers the failure when a row was at fault, or may have been; then the step is undone. */
export async function rowFailure(
  sql: SqlSession,
  step: () => Promise<unknown>,
): Promise<SqlRowFailure | SqlRightFailure | undefined> {
  await sql.query('SAVEPOINT syncline_step');
  try {
    await step();
  } catch (error) {
    if (!(error instanceof SqlRowFailure || error instanceof SqlRightFailure)) throw error;
    await sql.query('ROLLBACK TO SAVEPOINT syncline_step; RELEASE SAVEPOINT syncline_step');
    return error;
  }
  await sql.query('RELEASE SAVEPOINT syncline_step');
  return undefined;
}
