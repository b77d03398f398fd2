import type { z } from 'zod';
import { checkOf } from '../mapping/compile-check.ts';
import { pathText } from '../mapping/path.ts';
import { isRecord, type Json, type JsonRecord } from '../record/json.ts';
import { type Contract, contractOf, generalField, usesMode } from './contract.ts';
import { unknownFields } from './shape.ts';

/** A value that does not fit: how many records were passed on without it, and why the first was. */
export interface LeftOut {
  records: number;
  readonly reason: string;
}

/** What a contract says of each record of one batch. */
export interface RecordContract {
  /** The first field that the schema does not have and the contract rejects. */
  refusedField(record: Json): string | undefined;
  /** The record checked again without the values that do not fit and may be left out; undefined when that does not help. */
  withoutUnfit(record: JsonRecord, issues: readonly z.core.$ZodIssue[]): z.ZodSafeParseResult<unknown> | undefined;
  /** What was left out so far, by field. */
  readonly leftOut: ReadonlyMap<string, LeftOut>;
}

/** Values left out of one record: more is no record of this schema. */
const MOST_LEFT_OUT = 20;

/** Undefined where the contract leaves single records to the schema, which is the usual case and costs nothing. */
export function recordContract(schema: z.ZodType, contract: Contract | undefined): RecordContract | undefined {
  if (!usesMode(contract, 'reject') && !usesMode(contract, 'drop')) return undefined;
  const modeOf = contractOf(contract);
  const leftOut = new Map<string, LeftOut>();
  const note = (issues: readonly z.core.$ZodIssue[]): void => {
    for (const { path, message } of issues) {
      const field = generalField(pathText(path.map(String)));
      const known = leftOut.get(field) ?? { records: 0, reason: message };
      known.records++;
      leftOut.set(field, known);
    }
  };
  return {
    leftOut,
    refusedField: (record) => unknownFields(schema, record).find((field) => modeOf(field) === 'reject'),
    withoutUnfit(record, issues) {
      let current: JsonRecord = record;
      let left = issues;
      const noted: z.core.$ZodIssue[] = [];
      for (let n = 0; n < MOST_LEFT_OUT; n++) {
        const path = left[0]?.path.map(String);
        if (path === undefined || path.length === 0 || modeOf(pathText(path)) !== 'drop') return undefined;
        const attempts = [without(current, path), withNull(current, path)].map((next) => ({
          next,
          checked: checkOf(schema)(next),
        }));
        const better = attempts.find(({ checked }) => checked.success || !isAbout(checked.error.issues[0], path));
        if (better === undefined) return undefined;
        noted.push(...left.slice(0, 1));
        if (better.checked.success) {
          note(noted);
          return better.checked;
        }
        current = better.next;
        left = better.checked.error.issues;
      }
      return undefined;
    },
  };
}

const isAbout = (issue: z.core.$ZodIssue | undefined, path: readonly string[]): boolean =>
  pathText(issue?.path.map(String) ?? []) === pathText(path);

const without = (record: JsonRecord, path: readonly string[]): JsonRecord =>
  changed(record, path, (above, name) => Object.fromEntries(Object.entries(above).filter(([other]) => other !== name)));

const withNull = (record: JsonRecord, path: readonly string[]): JsonRecord =>
  changed(record, path, (above, name) => ({ ...above, [name]: null }));

/** A copy in which the object that holds the last step is another. What is no field of an object stays as it is. */
function changed(
  record: JsonRecord,
  path: readonly string[],
  change: (above: JsonRecord, name: string) => JsonRecord,
): JsonRecord {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return change(record, name);
  const inner = record[name];
  if (isRecord(inner)) return { ...record, [name]: changed(inner, rest, change) };
  if (!Array.isArray(inner)) return record;
  const [index = '', ...below] = rest;
  const items = inner.map((item: Json, at) =>
    String(at) === index && isRecord(item) && below.length > 0 ? changed(item, below, change) : item,
  );
  return { ...record, [name]: items };
}
