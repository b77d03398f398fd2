import type pg from 'pg';
import { z } from 'zod';
import type { NoticeCode } from '../../model/sync/notice.ts';
import type { Said } from './oracle.ts';

/** Records may have been passed over, or an older form of them been read. */
const passedOver = ['READ_SHIFTED', 'PAGES_REPEAT'] as const satisfies readonly NoticeCode[];
/** What a notice says of records without naming them. */
const saysMissing: ReadonlySet<string> = new Set<NoticeCode>(['NOT_AT_DESTINATION', ...passedOver]);
const saysDifferent: ReadonlySet<string> = new Set<NoticeCode>([
  'DIFFERS_AT_DESTINATION',
  'DESTINATION_ALTERS',
  ...passedOver,
]);

const books = z.array(z.object({ status: z.string(), keys: z.array(z.string()), codes: z.array(z.string()) }));

/** How a run ended, by the ledger's public tables, and what its notices and the quarantine say of records. */
export async function saidOf(
  ledger: Pick<pg.Client, 'query'>,
  run: string,
): Promise<{ readonly status: string; readonly said: Said }> {
  const { rows } = await ledger.query(
    `select r.status, array(select n.code from syncline.notices n where n.run = r.id) as codes,
       array(select q.key from syncline.quarantine q
         where q.sync_id = r.sync_id and q.state = 'open' and q.key is not null) as keys
     from syncline.runs r where r.id = $1`,
    [run],
  );
  const [{ status, keys, codes } = { status: 'unknown', keys: [], codes: [] }] = books.parse(rows);
  const said = {
    keys: new Set<string>(keys),
    missing: codes.some((code) => saysMissing.has(code)),
    different: codes.some((code) => saysDifferent.has(code)),
  };
  return { status, said };
}
