/** A number with its noun, such as `1 sync` or `2 syncs`. Pure. */
export const counted = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
