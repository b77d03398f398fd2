/** `1 sync`, `2 syncs`. Pure. */
export const counted = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
