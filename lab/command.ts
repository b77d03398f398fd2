import { InvalidArgumentError } from 'commander';
import { readVices, type Vice } from './vices/vice.ts';

/** An option that is a whole number from 1 on. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1 on.');
  return Number(text);
}

/** An option that chooses some of these, with commas between them. */
export const someOf =
  <T extends string>(all: readonly T[]) =>
  (text: string): readonly T[] => {
    const chosen = all.filter((name) => text.split(',').includes(name));
    if (chosen.length !== text.split(',').length) throw new InvalidArgumentError(`Expected some of ${all.join(',')}.`);
    return chosen;
  };

/** An option that chooses what is wrong with the systems: `all`, `none`, or some, with commas between them. */
export function someVices(text: string): readonly Vice[] {
  const chosen = readVices(text);
  if (chosen === undefined) throw new InvalidArgumentError('Expected all, none, or some of those listed below.');
  return chosen;
}

/** Standard output is for answers. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Ends the process with the code that a program answers; one that fails says why, and ends with 1. */
export function runProgram(main: () => Promise<number>): void {
  main().then(
    (code) => process.exit(code),
    (error: unknown) => {
      say(error instanceof Error ? String(error.stack) : String(error));
      process.exit(1);
    },
  );
}
