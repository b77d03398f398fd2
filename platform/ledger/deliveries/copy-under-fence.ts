import type { Pool } from 'pg';
import { errorCode } from '../../../model/failure/error-code.ts';
import { type Copy, copyThen, type Statement } from '../sql/copy-in.ts';
import { connect, holdFence, ledgerFailure, nameOf, underFence, type Writer } from '../sql/sql.ts';

/** A statement that finds no writer has to fail, or the COPY before it would stay. */
const FAILS_WITHOUT_WRITER = 'select 1 / (select count(*)::int from writer)';
const DIVISION_BY_ZERO = '22012';
/** A newer writer may have written the same rows. */
const UNIQUE_VIOLATION = '23505';

/**
 * As `writeUnderFence`, after a COPY that is undone when the fence has risen: both or neither, in one round trip. Throws
 * FENCED (invariant 7).
 */
export async function copyUnderFence(
  pool: Pool,
  what: string,
  { syncId, fence }: Writer,
  copy: Copy,
  parts: string,
  values: Statement['values'],
): Promise<void> {
  const client = await connect(pool, what);
  const text = `${underFence(parts)} ${FAILS_WITHOUT_WRITER}`;
  try {
    await copyThen(client, copy, { name: nameOf(text), text, values: [syncId, fence, ...values] });
    client.release();
  } catch (error) {
    client.release(true);
    if ([DIVISION_BY_ZERO, UNIQUE_VIOLATION].includes(errorCode(error) ?? '')) await holdFence(pool, syncId, fence);
    throw ledgerFailure(error, what);
  }
}
