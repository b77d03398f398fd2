/** A record as it is, on either side. */
export interface Kept {
  readonly key: string;
  readonly text: string;
}

/** What was said in words: of which records, and of which kind of difference for the whole run. */
export interface Said {
  readonly keys: ReadonlySet<string>;
  readonly missing: boolean;
  readonly different: boolean;
}

/** What the oracle looks at when a run has ended. It knows both sides and what the run says, and nothing of the engine. */
export interface Account {
  /** What the run says of itself. */
  readonly status: string;
  readonly said: Said;
  /** What the source held, as it was, from the beginning of the run to its end. */
  readonly truth: readonly Kept[];
  /** Every key that the source held at some moment of the run. */
  readonly live: ReadonlySet<string>;
  readonly rows: readonly Kept[];
  /** Keys that this makes equal are one row to the destination. */
  readonly fold: (key: string) => string;
  /** The run read everything, and was allowed to delete: nothing else may be there. */
  readonly emptied: boolean;
  /** The source goes on giving keys twice: a run that does not read succeeded for it is honest. */
  readonly repeats: boolean;
  /** Records that the run sent. */
  readonly sent: number;
  /**
   * Of the runs since the vices have ended, in which nothing broke: the first may still mend. When the last has ended,
   * everything is as it should be, or said, and it has nothing to send.
   */
  readonly peace: 'none' | 'first' | 'second' | 'last';
}

interface Difference {
  readonly key: string;
  readonly what: 'missing' | 'different' | 'left behind';
}

/** Every way in which the run's word is not true, in words. Pure. */
export function falsehoods(account: Account): string[] {
  const { status, said, peace, sent, repeats } = account;
  const all = differences(account);
  const unsaid = all.filter(({ key, what }) => !said.keys.has(key) && !isSaid(what, said));
  if (status === 'succeeded' && unsaid.length > 0) return [`a run reads succeeded: ${listed(unsaid)}`];
  if (peace === 'none' || peace === 'first') return [];
  const words: string[] = [];
  if (unsaid.length > 0) words.push(`neither mended nor said: ${listed(unsaid)}`);
  if (all.length === 0 && status !== 'succeeded' && !repeats)
    words.push(`a run reads ${status}, and nothing is missing or different`);
  if (all.length === 0 && peace === 'last' && sent > 0)
    words.push(`${sent} records were sent, and nothing had changed`);
  return words;
}

function isSaid(what: Difference['what'], { missing, different }: Said): boolean {
  switch (what) {
    case 'missing':
      return missing;
    case 'different':
      return different;
    case 'left behind':
      return false;
  }
}

/** Record by record. Two that are one row to the destination cannot both be there. */
function differences({ truth, live, rows, fold, emptied }: Account): readonly Difference[] {
  const there = new Map(rows.map(({ key, text }) => [fold(key), text]));
  const found = truth.flatMap(({ key, text }): Difference[] => {
    const row = there.get(fold(key));
    if (row === undefined) return [{ key, what: 'missing' }];
    return row === text ? [] : [{ key, what: 'different' }];
  });
  if (!emptied) return found;
  const wanted = new Set([...live].map(fold));
  const left = rows.filter(({ key }) => !wanted.has(fold(key)));
  return [...found, ...left.map(({ key }): Difference => ({ key, what: 'left behind' }))];
}

function listed(differences: readonly Difference[]): string {
  const kinds = [...new Set(differences.map(({ what }) => what))];
  return kinds
    .map((kind) => {
      const of = differences.filter(({ what }) => what === kind);
      return `${of.length} ${kind}, such as ${of[0]?.key}`;
    })
    .join('; ');
}
