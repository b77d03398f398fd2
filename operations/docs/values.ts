const longest = 80;

/** A value of a sample, in backticks, on one line and not longer than a table can bear. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  const json = JSON.stringify(value) ?? 'nothing';
  return `\`${json.length > longest ? `${json.slice(0, longest - 1)}…` : json}\``;
}

export const valuesText = (values: readonly unknown[]): string => values.map(valueText).join(', ') || 'nothing';

/** Long lists of names are told whole, but on one line. */
export const namesText = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
