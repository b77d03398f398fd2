/**
 * The `code` of a system, database or network error, such as `ENOENT`; undefined where there is none. Not by
 * `instanceof`: such errors may come from another realm.
 */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
