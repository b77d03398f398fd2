import type { DeliveryClass } from '../../model/sync/delivery.ts';

/** What a vice is of, and what it does. */
interface Facts {
  readonly side: 'source' | 'destination';
  readonly what: string;
  /** Nobody can know of it who cannot read the destination. */
  readonly needsReading?: true;
}

/** The faults of ordinary systems: nothing breaks, every answer is a success, and data is lost or bent. */
const facts = {
  'future-stamp': { side: 'source', what: 'stamps records with the year 9999, and later with a real time' },
  'day-ahead-stamp': { side: 'source', what: 'stamps records a day ahead of its clock, and later with a real time' },
  'other-kind-stamp': { side: 'source', what: 'has a text or a number among its times, and later a time' },
  'text-filter': { side: 'source', what: 'compares `since` with its stamps as texts, in its own form' },
  'zone-filter': {
    side: 'source',
    what: 'writes the time of its own zone without saying so, and reads `since` as such',
  },
  'exclusive-filter': { side: 'source', what: 'gives what changed after `since`, and not at it' },
  'second-filter': { side: 'source', what: 'cuts stamps and `since` to the second, and gives what is after it' },
  'epoch-filter': { side: 'source', what: 'counts seconds since 1970' },
  'no-stamps': { side: 'source', what: 'has no stamps at all: every run reads everything' },
  'late-commit': { side: 'source', what: 'shows changes after later ones have been read, within the overlap' },
  'counted-pages': { side: 'source', what: 'counts its pages, while records come and go between them' },
  'repeated-key': { side: 'source', what: 'gives a key twice in one read, batches apart, with other content' },
  'respelt-key': { side: 'source', what: 'spells a key in another way, such as `R7` and later `r7`' },
  'refused-record': { side: 'source', what: 'has records that the destination refuses, and later takes' },
  'folded-case': { side: 'destination', what: 'takes keys for one that differ in case' },
  'stripped-zeros': { side: 'destination', what: 'takes keys for one that differ in leading zeros' },
  'lost-writes': { side: 'destination', what: 'loses every third record, and answers success', needsReading: true },
  'lost-tail': { side: 'destination', what: 'loses the end of each request, and answers success', needsReading: true },
  'lost-flood': {
    side: 'destination',
    what: 'keeps the first records of a flood and loses the others, and answers success',
    needsReading: true,
  },
  'bent-values': { side: 'destination', what: 'stores some values in another form', needsReading: true },
  'dropped-row': { side: 'destination', what: 'drops some records by a rule of its own', needsReading: true },
  'closed-for-a-while': { side: 'destination', what: 'refuses every record, until somebody mends it' },
  'results-apart': { side: 'destination', what: 'answers refused records in another list than the others' },
  'fewer-results': { side: 'destination', what: 'answers fewer results than there were records' },
  'refused-request': { side: 'destination', what: 'refuses a request for one record in it, and does not say which' },
} as const satisfies Record<string, Facts>;

export type Vice = keyof typeof facts;

export const viceFacts: Readonly<Record<Vice, Facts>> = facts;
export const viceNames = Object.keys(facts) as readonly Vice[];

/** Of an option: `all`, `none`, or some with commas between them. Undefined for anything else. */
export function readVices(text: string): readonly Vice[] | undefined {
  if (text === 'all') return viceNames;
  if (text === 'none') return [];
  const wanted = text.split(',');
  const chosen = viceNames.filter((name) => wanted.includes(name));
  return chosen.length === wanted.length ? chosen : undefined;
}

/** For the help of a command. */
export const viceList = (): string =>
  viceNames.map((name) => `  ${name.padEnd(20)} ${viceFacts[name].side}: ${viceFacts[name].what}`).join('\n');

/** Of one kind each a system has one: it filters in one way, and folds keys in one way. */
const kinds: readonly (readonly Vice[])[] = [
  ['text-filter', 'zone-filter', 'exclusive-filter', 'second-filter', 'epoch-filter', 'no-stamps'],
  ['folded-case', 'stripped-zeros'],
  ['results-apart', 'fewer-results'],
  // A flood shows in a sample; of what is lost here and there a sample may see nothing.
  ['lost-flood', 'lost-writes', 'dropped-row', 'bent-values'],
];

/** The same without those that cannot be one system's. */
export const together = (vices: readonly Vice[]): readonly Vice[] =>
  vices.filter(
    (vice, index) =>
      !kinds.some((kind) => kind.includes(vice) && vices.slice(0, index).some((other) => kind.includes(other))),
  );

/** Those that a system of this delivery class can have, and that can be known of. */
export function possibleAt(promise: DeliveryClass, chosen: readonly Vice[]): readonly Vice[] {
  if (promise === 'T1') return chosen.filter((vice) => !ofRequests.has(vice));
  if (promise !== 'T5') return chosen;
  return chosen.filter((vice) => !needsBulk.has(vice) && !viceFacts[vice].needsReading);
}

/** What a database cannot do, which knows rows and no requests. */
const ofRequests: ReadonlySet<Vice> = new Set(['lost-tail', 'lost-flood', 'results-apart', 'fewer-results']);
/** What only a destination can do that takes many records at once. */
const needsBulk: ReadonlySet<Vice> = new Set([...ofRequests, 'refused-request']);
