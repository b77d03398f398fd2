/** Quotes a name of PostgreSQL, so that any name is safe inside a statement. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const quoteNames = (names: readonly string[]): string => names.map(quoteName).join(', ');

/** Quotes a table as users write it: `orders`, `sales.orders`, or with quoted parts such as `"My Sales"."orders"`. */
export const quoteTable = (table: string): string => tableParts(table).map(quoteName).join('.');

/** Undefined when the text is not a table name with an optional schema. */
export const isTableName = (table: string): boolean => {
  const parts = tableParts(table);
  return parts.length > 0 && parts.length <= 2 && parts.every((part) => part !== '');
};

function tableParts(table: string): string[] {
  if (!/^(?:"(?:[^"]|"")+"|[^".]+)(?:\.(?:"(?:[^"]|"")+"|[^".]+))?$/.test(table)) return [];
  return [...table.matchAll(/"((?:[^"]|"")+)"|([^".]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
