import { startTestStack, type TestStack } from './test-stack.ts';

declare global {
  var synclineTestStack: TestStack | undefined;
}

/**
 * One Temporal and one PostgreSQL for the whole run; TEMPORAL_ADDRESS and DATABASE_URL name others. Their addresses
 * reach the tests as SYNCLINE_TEST_TEMPORAL and SYNCLINE_TEST_DATABASE: use support/database.ts and support/temporal.ts.
 */
export default async function setUp(): Promise<void> {
  const stack = await startTestStack(process.env);
  globalThis.synclineTestStack = stack;
  if (stack.temporalAddress !== null) process.env['SYNCLINE_TEST_TEMPORAL'] = stack.temporalAddress;
  if (stack.databaseUrl !== null) process.env['SYNCLINE_TEST_DATABASE'] = stack.databaseUrl;
  process.env['SYNCLINE_TEST_PROBLEMS'] = stack.problems.join('\n');
  for (const problem of stack.problems) process.stderr.write(`${problem}\n`);
}
