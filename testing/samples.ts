import type { Json } from '../model/record/json.ts';

/** The record of the acceptance suite: one field of each kind that a connector has to carry. */
export interface Sample {
  /** `s-00001`: unique, sorts by number. */
  readonly id: string;
  readonly name: string;
  readonly note: string | null;
  /** A number that a double holds exactly. */
  readonly amount: number;
  /** The text of a number that no double holds; a source that has numbers stores it as one. */
  readonly exact: string;
  readonly nested: Json;
  /** ISO 8601 in UTC with milliseconds; rises with the number. */
  readonly updated: string;
  readonly [field: string]: Json;
}

/** The sample with this number, from 1. */
export const sample = (number: number): Sample => ({
  id: `s-${String(number).padStart(5, '0')}`,
  name: `Sample ${number}`,
  note: number % 3 === 0 ? null : `note ${number}`,
  amount: number / 4,
  exact: `1234567890123456789${number}.25`,
  nested: { list: [number, 'x'], inner: { on: number % 2 === 0 } },
  updated: new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString(),
});

/** The samples from 1 to `count`. */
export const samples = (count: number): Sample[] => Array.from({ length: count }, (_, index) => sample(index + 1));

/** Samples whose values are easily lost on the way: at most ten. */
export const trickySamples = (): Sample[] => [
  {
    ...sample(101),
    name: 'Zoë 你好 🚀 e\u0301 \u202eabc',
    note: 'line\nbreak\ttab "quoted" \\ back, comma; \'single\'',
  },
  { ...sample(102), name: '', note: '' },
  { ...sample(103), note: null, nested: null },
  { ...sample(104), nested: { deep: { deeper: [{ deepest: [[], {}, ''] }] }, empty: {}, none: null, yes: true } },
  { ...sample(105), amount: 9007199254740991, exact: '9007199254740993' },
  { ...sample(106), amount: -0.001, exact: `7${'0123456789'.repeat(100)}` },
  { ...sample(107), name: ' leading and trailing ', note: '  ' },
  { ...sample(108), name: '0012', note: 'null' },
  { ...sample(109), name: '=1+1', note: '__proto__', nested: { constructor: 'x', prototype: [] } },
];
