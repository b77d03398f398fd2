import { isWithin, pathSteps } from '../mapping/path.ts';

/**
 * What a sync does when records do not have the shape that its source schema states:
 * - `evolve`: new fields are noted. A break that looks like a change of the system halts the run; a single bad record is
 *   set aside.
 * - `freeze`: a new field halts the run, and so does the first record that does not fit.
 * - `reject`: a record with a new field, or one that does not fit, is set aside; the run goes on.
 * - `drop`: a value that does not fit is left out where the schema lets it be absent or null; otherwise the record is set
 *   aside. New fields are noted.
 */
export const contractModes = ['evolve', 'freeze', 'reject', 'drop'] as const;
export type ContractMode = (typeof contractModes)[number];

/** One mode for all, or by field: `{ '*': 'evolve', customer: 'freeze' }`. The longest path that leads to a field decides. */
export type Contract = ContractMode | { readonly [field: string]: ContractMode };

/** Asked for a field, which is written as everywhere: `total`, `/items/*\/sku`. */
export type ContractOf = (field: string) => ContractMode;

export function contractOf(contract: Contract = 'evolve'): ContractOf {
  if (typeof contract === 'string') return () => contract;
  const byPath = Object.entries(contract)
    .filter(([path]) => path !== '*')
    .map(([path, mode]) => ({ steps: pathSteps(path), mode }))
    .sort((a, b) => b.steps.length - a.steps.length);
  const otherwise = contract['*'] ?? 'evolve';
  return (field) => byPath.find(({ steps }) => isWithin(pathSteps(field), steps))?.mode ?? otherwise;
}

/** Whether a mode is in use anywhere. */
export const usesMode = (contract: Contract = 'evolve', mode: ContractMode): boolean =>
  typeof contract === 'string' ? contract === mode : Object.values(contract).includes(mode);

/** The field of every record: positions in lists do not matter. */
export const generalField = (field: string): string => field.replace(/\/\d+(?=\/|$)/g, '/*');
