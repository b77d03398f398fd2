import { errorCode } from '../model/failure/error-code.ts';

/** In words, why a database cannot be used; never with the password. Pure. */
export function databaseProblem(url: string, error: unknown): string {
  const where = placeOf(url);
  const code = errorCode(error) ?? '';
  const known: Record<string, string> = {
    ECONNREFUSED: `nothing accepts connections at ${where}`,
    ENOTFOUND: `the host of ${where} has no address`,
    ETIMEDOUT: `${where} does not answer`,
    '28P01': `the PostgreSQL at ${where} does not accept the password in DATABASE_URL`,
    '28000': `the PostgreSQL at ${where} does not accept the user in DATABASE_URL`,
    '3D000': `the PostgreSQL at ${where} has no such database; create it with CREATE DATABASE`,
    '53300': `the PostgreSQL at ${where} has no connection free`,
    '57P03': `the PostgreSQL at ${where} is starting or stopping`,
  };
  return known[code] ?? `the PostgreSQL at ${where} cannot be used (${code || 'no answer within 10 s'})`;
}

function placeOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname || 'the default host'}:${port || '5432'}${pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}

/** A database address that may be shown. */
export function withoutPassword(url: string): string {
  try {
    const shown = new URL(url);
    shown.password = '';
    return `PostgreSQL ${shown.host}${shown.pathname}`;
  } catch {
    return 'PostgreSQL at an address that is not a URL';
  }
}
