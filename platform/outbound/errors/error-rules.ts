import type { ErrorRule } from '../../../model/failure/error-rule.ts';
import { type Json, valueAt } from '../../../model/record/json.ts';
import { retryAfterMs } from '../pace/retry-after.ts';
import type { Incoming } from '../pipeline.ts';
import { classifyStatus, type Verdict } from './classify.ts';

/** Sorts an answer: undefined for one that the connector is given. */
export type Sort = (answer: Incoming) => Verdict | undefined;

/** By the rules of the connection, the first that fits; then by the status. */
export function sorting(rules: readonly ErrorRule[], nowMs: () => number): Sort {
  const byStatus: Sort = (answer) => classifyStatus({ ...answer, nowMs: nowMs() });
  if (rules.length === 0) return byStatus;
  // Several stages look at one answer: its body is read once.
  const fitting = new WeakMap<Incoming, ErrorRule | null>();
  return (answer) => {
    const known = fitting.get(answer);
    const fits = known === undefined ? (ruleOf(rules, answer) ?? null) : known;
    fitting.set(answer, fits);
    return fits === null ? byStatus(answer) : verdictOf(fits, answer, nowMs());
  };
}

function ruleOf(rules: readonly ErrorRule[], { status, body }: Incoming): ErrorRule | undefined {
  const possible = rules.filter((rule) => rule.status === undefined || [rule.status].flat().includes(status));
  if (possible.length === 0) return undefined;
  const json = possible.some(({ at }) => at !== undefined) ? parsed(body) : undefined;
  return possible.find(({ at, is }) => at === undefined || isThere(valueAt(json, at), is));
}

function isThere(value: Json | undefined, is: ErrorRule['is']): boolean {
  if (is !== undefined) return [is].flat().some((wanted) => wanted === value);
  if (value === undefined || value === null || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function verdictOf({ code, at, retryAfter, effect }: ErrorRule, answer: Incoming, nowMs: number): Verdict {
  const { status, headers } = answer;
  const where = at === undefined ? '' : ` with an error at \`${at}\``;
  const waitMs = retryAfterMs(headers, nowMs) ?? retryAfter;
  return {
    code,
    effect: effect ?? (status >= 400 && status < 500 ? 'none' : 'unknown'),
    words: `answered ${status}${where}, which a rule of the connection takes for ${code}`,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

function parsed(body: Buffer): Json | undefined {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
