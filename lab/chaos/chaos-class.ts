/** The delivery classes of the yard; the name of a sync is its class in small letters. */
export const classes = ['t1', 't2', 't3', 't4', 't5'] as const;

export type ChaosClass = (typeof classes)[number];
