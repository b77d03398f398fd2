import postgres from '../../connectors/postgres/index.ts';
import type { Destination } from '../../model/connector/connector.ts';
import { SyncFailure } from '../../model/failure/failure.ts';
import type { SqlPool } from '../../platform/transports/sql/contract.ts';
import type { Vice } from '../vices/vice.ts';
import { connectionOf, openingAs, toolsWith } from './connection.ts';
import type { Fate } from './destination.ts';
import type { ViciousEnd } from './vicious-end.ts';

/** A table with the vices of ordinary ones, in a schema of its own: types, constraints and triggers are PostgreSQL's. */
export async function viciousTable(
  sql: SqlPool,
  schema: string,
  vices: ReadonlySet<Vice>,
  fateOf: () => Fate,
): Promise<ViciousEnd> {
  const { connector } = postgres;
  const table = `${schema}.records`;
  const options = connector.destination.options.parse({ table, key: 'id', markerSchema: schema });
  const connection = { ...connectionOf('postgres'), settings: { url: 'postgresql://localhost/sim' } };
  await sql.query(tableWith(vices, schema));
  let isClosed = vices.has('closed-for-a-while');
  const mend = async (): Promise<void> => {
    if (isClosed) await sql.query(`alter table ${table} drop constraint closed`);
    isClosed = false;
  };
  return {
    open: () => withFates(connector.destination.open(connection, options, toolsWith({ open: openingAs(sql) })), fateOf),
    rows: () => sql.query(`select id::text as key, text from ${table}`),
    get isClosed() {
      return isClosed;
    },
    mend,
    rest() {},
    async heal() {
      await mend();
      await sql.query(`drop trigger bend on ${table}`);
    },
    close: async () => void (await sql.query(`drop schema ${schema} cascade`)),
  };
}

const keyType = (vices: ReadonlySet<Vice>): string => {
  if (vices.has('folded-case')) return 'citext';
  return vices.has('stripped-zeros') ? 'int' : 'text';
};

const bends: ReadonlyMap<Vice, string> = new Map([
  ['lost-writes', `if nextval('SCHEMA.taken') % 3 = 0 then return null; end if;`],
  ['dropped-row', `if new.id::text ~ '[37]$' then return null; end if;`],
  ['bent-values', `if new.id::text ~ '[147]$' then new.text := upper(new.text); end if;`],
  // As a policy of rows would say it.
  [
    'refused-request',
    `if new.id::text ~ '2$' then raise 'new row violates row-level security policy' using errcode = '42501'; end if;`,
  ],
]);

function tableWith(vices: ReadonlySet<Vice>, schema: string): string {
  const bent = [...vices]
    .flatMap((vice) => bends.get(vice) ?? [])
    .join('\n')
    .replaceAll('SCHEMA', schema);
  const closed = vices.has('closed-for-a-while') ? ', constraint closed check (false)' : '';
  return `
    create schema ${schema};
    create sequence ${schema}.taken;
    create table ${schema}.records (id ${keyType(vices)} primary key,
      text text not null check (text not like 'refuse%')${closed});
    create function ${schema}.bend() returns trigger language plpgsql as $$ begin ${bent} return new; end $$;
    create trigger bend before insert or update on ${schema}.records for each row execute function ${schema}.bend();`;
}

/** A transaction is whole or not at all; its answer may be lost. */
const withFates = (destination: Destination, fateOf: () => Fate): Destination => ({
  ...destination,
  async write(request) {
    const fate = fateOf();
    if (fate === 'refused') throw new SyncFailure('CONNECTION_REFUSED', 'refused', { effect: 'none' });
    if (fate === 'lost before') throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
    const outcomes = await destination.write(request);
    if (fate.startsWith('lost')) throw new SyncFailure('TIMEOUT', 'no answer', { effect: 'unknown' });
    return outcomes;
  },
});
