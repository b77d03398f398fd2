import type { Pool } from 'pg';
import { SyncFailure } from '../../../model/failure/failure.ts';
import type { ReadyRecord } from '../../../model/record/prepared.ts';
import { plainArray, textArray } from '../sql/arrays.ts';
import { query } from '../sql/sql.ts';
import { ROW_BY_KEY } from './rows.ts';

/** In one letter each: a batch has thousands of them, which come as one text. */
const verdictOf = {
  n: 'new',
  c: 'changed',
  u: 'unchanged',
  s: 'superseded',
  t: 'taken',
  r: 'repeated',
  a: 'again',
  b: 'back',
} as const;

/**
 * What the ledger says of a record. Superseded: by what was delivered before. Taken: its row was another's when it was
 * last to be delivered. Where repeated keys are looked for, also repeated: in an earlier read; again: in this one, where
 * an earlier batch delivered another content under the key; and back: to the content that it had before its last change,
 * as the first of two records is in each read.
 */
export type Verdict = (typeof verdictOf)[keyof typeof verdictOf];

export interface Verdicts {
  /** Of each record, in their order. */
  readonly verdicts: readonly Verdict[];
  /** The destination's own id of changed records, by index; absent where the key is the id. */
  readonly destinationIds: Readonly<Record<number, string>>;
  /** Something unchanged came under a newer version, which the ledger learns when the batch is closed. */
  readonly renewed: boolean;
  /** The ledger has a row of none of them, also not of one that was deleted. */
  readonly unseen: boolean;
}

/** The intents of the earlier batches of a run, by their numbers; null: none, and no end. */
export interface EarlierIntents {
  readonly first: string | null;
  readonly end: string | null;
}

/** Change detection: what the ledger has of the records of a batch. */
export function ledgerVerdicts(pool: Pool) {
  return {
    /**
     * Compares the records with what was delivered before: newest wins (invariant 5), the same content is unchanged.
     * `mostlyKnown`: a guess that saves the question whether any is known; the answer is the same, but for `unseen`.
     * `earlier`: has repeated keys looked for.
     */
    async verdicts(
      syncId: number,
      records: readonly ReadyRecord[],
      mostlyKnown = false,
      earlier?: EarlierIntents,
    ): Promise<Verdicts> {
      const keys = textArray(records.map(({ key }) => key));
      // A first load asks for keys of which there is none: one pass over the index says so for all of them.
      const [any] = mostlyKnown
        ? []
        : await query<{ seen: boolean }>(
            pool,
            'looking for keys in the ledger',
            'select exists (select from ledger where sync_id = $1 and key = any($2::text[])) as seen',
            [syncId, keys],
          );
      if (any?.seen === false)
        return { verdicts: records.map(() => 'new'), destinationIds: {}, renewed: false, unseen: true };
      const [row] = await query<{
        letters: string | null;
        ids: Record<number, string> | null;
        renewed: boolean | null;
      }>(
        pool,
        'comparing with the ledger',
        `select string_agg(v.letter, '' order by v.ord) as letters,
           jsonb_object_agg(v.ord - 1, v.destination_id) filter (where v.letter in ('c', 't', 'b') and v.destination_id is not null) as ids,
           bool_or(v.letter = 'u' and v.newer) as renewed
         from (
           select k.ord, l.destination_id, k.version > coalesce(l.version, k.version - 1) as newer,
             case when $5 and l.repeats then 'r'
               when l.key is null or l.state = 'd' then 'n' when l.state in ('x', 's') then 'c' when l.state = 't' then 't' when l.hash = k.hash then 'u'
               when k.version < l.version then 's' when k.version > l.version then 'c'
               when l.intent >= $6::bigint and (l.intent < $7::bigint or $7 is null) then 'a'
               when $5 and l.hash_before = k.hash then 'b' else 'c' end as letter
           from unnest($2::text[], $3::uuid[], $4::bigint[]) with ordinality as k(key, hash, version, ord)
           left join lateral (${ROW_BY_KEY}) l on true
         ) v`,
        [
          syncId,
          keys,
          plainArray(records.map(({ hash }) => hash)),
          plainArray(records.map(({ version }) => version)),
          earlier !== undefined,
          earlier?.first ?? null,
          earlier?.end ?? null,
        ],
      );
      return {
        verdicts: decoded(row?.letters ?? ''),
        destinationIds: row?.ids ?? {},
        renewed: row?.renewed ?? false,
        unseen: false,
      };
    },
  };
}

const isLetter = (text: string): text is keyof typeof verdictOf => text in verdictOf;

const decoded = (letters: string): readonly Verdict[] =>
  [...letters].map((letter) => {
    if (isLetter(letter)) return verdictOf[letter];
    throw new SyncFailure('INTERNAL', `the ledger has no verdict \`${letter}\``);
  });
