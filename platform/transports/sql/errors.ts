import { type FailureCode, SyncFailure } from '../../../model/failure/failure.ts';
import {
  NOT_OF_A_ROW,
  type RowFault,
  rowMessage,
  SqlRightFailure,
  SqlRowFailure,
} from '../../../model/failure/sql-failure.ts';

/**
 * Where a statement stood when it failed:
 * - `connect`: nothing was sent
 * - `transaction`: inside a transaction, which a failure rolls back
 * - `commit`: COMMIT was sent; when its answer is lost, the effect is unknown
 * - `single`: a statement that commits by itself
 */
export type SqlPhase = 'connect' | 'transaction' | 'commit' | 'single';

/** The facts of a driver's error that are safe to repeat. `detail` and `where` quote values and are never kept. */
interface SqlFacts {
  readonly code: string;
  readonly message: string;
  readonly fault: RowFault;
  /** The routine of the server that reported it; unlike the message it is in no language. */
  readonly routine: string;
}

/**
 * Sorts an error of the driver into a SyncFailure: the SQLSTATE (PostgreSQL manual, appendix A) or the network
 * error's code decides. Other failures come back unchanged. Messages hold names of tables, columns and constraints,
 * never values.
 */
export function sortSqlError(error: unknown, phase: SqlPhase): unknown {
  if (!isErrorLike(error) || error.name === 'SyncFailure') return error;
  const facts = factsOf(error);
  if (isSqlState(facts.code) && 'severity' in error) return serverFailure(facts, phase);
  const network = networkFailure(facts);
  if (network === undefined) return error;
  const effect = phase === 'connect' || phase === 'transaction' ? 'none' : 'unknown';
  return new SyncFailure(network.code, network.message, { effect });
}

/** Errors of the runtime may come from another realm, where `instanceof` does not hold. */
const isErrorLike = (error: unknown): error is Error =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';

/** The server itself reports that it broke off: only then is the effect of a commit in doubt. */
const interrupted = /^(08|57P|40003|XX|58)/;

function serverFailure(facts: SqlFacts, phase: SqlPhase): SyncFailure {
  const doubtful = (phase === 'commit' || phase === 'single') && interrupted.test(facts.code);
  const effect = doubtful ? 'unknown' : 'none';
  const { code, message } = serverMeaning(facts);
  if (code === 'RECORD_REJECTED') return new SqlRowFailure(message, facts.fault, { effect });
  return facts.code === MISSING_RIGHT
    ? new SqlRightFailure(message, { effect })
    : new SyncFailure(code, message, { effect });
}

/** Of a right to the table, and of a row that a policy of the table or a trigger does not allow. */
const MISSING_RIGHT = '42501';

interface Meaning {
  readonly code: FailureCode;
  readonly message: string;
}

const unavailable = (message: string): Meaning => ({ code: 'SQL_UNAVAILABLE', message });

/** First match decides, so the special case stands before its class. */
const meanings: readonly (readonly [RegExp, (facts: SqlFacts) => Meaning])[] = [
  [/^57014/, () => ({ code: 'TIMEOUT', message: 'the database cancelled a statement that ran too long' })],
  [/^(08|57P|58|XX)/, ({ code }) => unavailable(`the database dropped the connection (${code})`)],
  [/^53100/, () => unavailable('the disk of the database is full (53100)')],
  [/^53300/, () => unavailable('the database has no free connection (53300)')],
  [/^53/, ({ code }) => unavailable(`the database is out of a resource (${code})`)],
  [/^40P01/, () => unavailable('the database broke a deadlock (40P01)')],
  [/^40/, ({ code }) => unavailable(`the database asks to repeat the transaction (${code})`)],
  [/^55/, ({ code }) => unavailable(`a row or table is locked by another transaction (${code})`)],
  [/^25006/, () => unavailable('the database accepts only reads at the moment (25006)')],
  [/^28/, ({ code }) => ({ code: 'AUTH_REJECTED', message: `the database refused the user or password (${code})` })],
  [/^42P10/, () => ({ code: 'SQL_REJECTED', message: 'the table has no unique index on the key columns (42P10)' })],
];

/** What reports a row that a policy does not allow, or that a trigger refuses by a state of its choice. */
const speaksOfRow: ReadonlySet<string> = new Set(['ExecWithCheckOptions', 'exec_stmt_raise']);
const notOfRow = new RegExp(NOT_OF_A_ROW);

const isOfRow = ({ code, routine }: SqlFacts): boolean =>
  code === MISSING_RIGHT ? speaksOfRow.has(routine) : !notOfRow.test(code);

function serverMeaning(facts: SqlFacts): Meaning {
  const known = meanings.find(([pattern]) => pattern.test(facts.code));
  if (known !== undefined) return known[1](facts);
  if (isOfRow(facts)) return { code: 'RECORD_REJECTED', message: rowMessage(facts.code, facts.fault) };
  // Class 42 and its like speak of the statement, which never holds record data: its message is safe and useful.
  return { code: 'SQL_REJECTED', message: `the database refused the statement: ${facts.message} (${facts.code})` };
}

const refusedTls =
  /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS_|ERR_SSL_|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/;

function networkFailure({ code, message }: SqlFacts): Meaning | undefined {
  if (refusedTls.test(code) || message === 'The server does not support SSL connections')
    return { code: 'TLS_FAILED', message: 'no trusted TLS connection to the database could be made' };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return { code: 'DNS_FAILED', message: 'the host name of the database has no address' };
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return unavailable(`nothing listens at the address (${code})`);
  if (code === 'ETIMEDOUT' || /timeout/i.test(message))
    return { code: 'TIMEOUT', message: 'the database did not answer in time' };
  if (/^E[A-Z]+$/.test(code)) return unavailable(`the connection to the database broke (${code})`);
  if (/connection (terminated|error)|not queryable|server closed/i.test(message))
    return unavailable('the connection to the database broke');
  return undefined;
}

const isSqlState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code);

const textField = (error: object, name: string): string | undefined => {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

function factsOf(error: Error): SqlFacts {
  return {
    code: textField(error, 'code') ?? '',
    message: error.message,
    fault: faultOf(error),
    routine: textField(error, 'routine') ?? '',
  };
}

function faultOf(error: object): RowFault {
  const place = copyPlace(textField(error, 'where') ?? '');
  const column = textField(error, 'column') ?? place.column;
  const constraint = textField(error, 'constraint');
  return {
    ...(column === undefined ? {} : { column }),
    ...(constraint === undefined ? {} : { constraint }),
    ...(place.line === undefined ? {} : { copyLine: place.line }),
  };
}

/** Reads `COPY orders, line 3, column total: "n/a"` up to the column: what follows is data. */
function copyPlace(where: string): { line?: number; column?: string } {
  const match = /^COPY [^\n]*?, line (\d+)(?:, column ([^:\n]+))?(?::|$)/m.exec(where);
  if (match === null) return {};
  return { line: Number(match[1]), ...(match[2] === undefined ? {} : { column: match[2] }) };
}
