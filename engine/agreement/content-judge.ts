import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Destination, ReadBack } from '../../model/connector/connector.ts';
import { isAgreed, type Judged } from '../../model/record/agreement.ts';
import { exactJson, parseExact } from '../../model/record/exact-json.ts';
import { isRecord, type Json } from '../../model/record/json.ts';
import { contentComparison, type ReadBackRules } from '../delivery/read-back.ts';

/** A record as it was written, and as it was read back, if it was there. */
export interface Returned {
  readonly json: string;
  readonly back: ReadBack | undefined;
}

/** By index. */
export type ContentJudge = (records: readonly Returned[], signal: AbortSignal) => Promise<readonly Judged[]>;

/** Records compared before others get a turn, and of which the destination is asked at once. */
const SLICE = 500;

/**
 * Judges records that were read back. Of values that seem to differ, and of these alone, the destination is asked in
 * which form it stores them, if it can tell: one that is read in just this form does not differ.
 */
export function contentJudge(destination: Destination, rules: ReadBackRules): ContentJudge {
  const compare = contentComparison(destination, rules);
  return async (records, signal) => {
    const judged: Judged[] = [];
    for (let at = 0; at < records.length; at += SLICE) {
      if (at > 0) await nextTurn();
      const some = records.slice(at, at + SLICE);
      const seeming = some.map(({ json, back }): Judged => back && compare(json, back.record));
      judged.push(...(await withoutForms(destination, some, seeming, signal)));
    }
    return judged;
  };
}

/** Whether each record was read back, and with the content that was written. */
export const sameContents = async (
  destination: Destination,
  rules: ReadBackRules,
  records: readonly Returned[],
  signal: AbortSignal,
): Promise<readonly boolean[]> => (await contentJudge(destination, rules)(records, signal)).map(isAgreed);

/** Leaves out what is only another form of what was written. */
async function withoutForms(
  destination: Destination,
  records: readonly Returned[],
  seeming: readonly Judged[],
  signal: AbortSignal,
): Promise<readonly Judged[]> {
  if (destination.storedForms === undefined) return seeming;
  const cleared = seeming.map(() => new Set<string>());
  for (const [field, doubted] of doubtedByField(records, seeming)) {
    signal.throwIfAborted();
    const values = doubted.map(({ written }) => written);
    const forms = await destination.storedForms(field, values, signal);
    for (const [place, { index, read }] of doubted.entries()) {
      const form = forms[place];
      if (form !== undefined && exactJson(form) === exactJson(read)) cleared[index]?.add(field);
    }
  }
  return seeming.map((judged, index) => judged?.filter(({ field }) => !cleared[index]?.has(field)));
}

interface Doubted {
  readonly index: number;
  readonly written: Json;
  readonly read: Json;
}

/** The values that seem to differ. One that is absent on a side is in no form. */
function doubtedByField(
  records: readonly Returned[],
  seeming: readonly Judged[],
): ReadonlyMap<string, readonly Doubted[]> {
  const byField = new Map<string, Doubted[]>();
  for (const [index, judged = []] of seeming.entries()) {
    if (judged.length === 0) continue;
    const written = parseExact(records[index]?.json ?? 'null');
    const read = records[index]?.back?.record;
    if (!isRecord(written) || !isRecord(read)) continue;
    for (const { field } of judged) {
      const one = { index, written: written[field] ?? null, read: read[field] ?? null };
      if (one.written === null || one.read === null) continue;
      byField.set(field, byField.get(field) ?? []);
      byField.get(field)?.push(one);
    }
  }
  return byField;
}
