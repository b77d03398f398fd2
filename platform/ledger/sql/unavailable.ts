/** What a database says when it cannot serve at the moment, or not this user (PostgreSQL manual, appendix A). First match decides. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/^25006/, 'the database accepts only reads, as a replica does'],
  [/^53100/, 'the disk of the database is full'],
  [/^53200/, 'the database is out of memory'],
  [/^53300/, 'the database has no free connection'],
  [/^53/, 'the database is out of a resource'],
  [/^57P03/, 'the database is starting or stopping'],
  [/^(08|57P)/, 'the database dropped the connection'],
  [/^58/, 'the database cannot read or write its files'],
  [/^40/, 'the database asks to repeat the transaction'],
  [/^55P03/, 'a row or table is locked by another transaction'],
  [/^28/, 'the database refuses the user or password of DATABASE_URL'],
  [/^3D000/, 'the server has no database of the name in DATABASE_URL'],
  [/^42501/, 'the user of DATABASE_URL lacks a right that this needs'],
  [/^ECONNREFUSED$/, 'nothing accepts connections at the address'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'the host name of the database has no address'],
  [/^ETIMEDOUT$/, 'the database did not answer in time'],
  [/^E/, 'the connection to the database broke'],
];

/** Why a ledger cannot be used, in words and with the code; undefined when the code says something else. Pure. */
export function whyUnavailable(code: string): string | undefined {
  const words = reasons.find(([pattern]) => pattern.test(code))?.[1];
  return words === undefined ? undefined : `${words} (${code})`;
}
