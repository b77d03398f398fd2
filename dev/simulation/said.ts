import type { Pool } from 'pg';
import type { NoticeCode } from '../../model/notice.ts';
import { ask } from '../../platform/ledger/sql.ts';
import type { Said } from '../vices/oracle.ts';

/** What a notice says of records without naming them. */
const saysMissing: ReadonlySet<string> = new Set<NoticeCode>(['NOT_AT_DESTINATION']);
const saysDifferent: ReadonlySet<string> = new Set<NoticeCode>(['DIFFERS_AT_DESTINATION', 'DESTINATION_ALTERS']);

/** How a run ended, by the ledger's word, and what its notices and the quarantine say of records. */
export async function saidOf(pool: Pool, run: string): Promise<{ readonly status: string; readonly said: Said }> {
  const [row] = await ask<{ status: string; keys: (string | null)[]; codes: string[] }>(
    pool,
    'looking at the books',
    `select r.status, array(select q.key from quarantine q where q.sync_id = r.sync_id and q.state = 'open') as keys,
       array(select n.code from notices n where n.run = r.id) as codes
     from runs r where r.id = $1`,
    [run],
  );
  const { status = 'unknown', keys = [], codes = [] } = row ?? {};
  const said = {
    keys: new Set(keys.map(String)),
    missing: codes.some((code) => saysMissing.has(code)),
    different: codes.some((code) => saysDifferent.has(code)),
  };
  return { status, said };
}
