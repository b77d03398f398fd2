import type { z } from 'zod';
import { pathText } from '../mapping/path.ts';
import type { Fault } from './prepared.ts';

/** What a person is told of a record that does not fit a schema: the first issue that was found. */
export function issueFault(code: Fault['code'], issues: readonly z.core.$ZodIssue[]): Fault {
  const [issue] = issues;
  if (issue === undefined) return { code, field: null, rule: 'schema', reason: 'invalid' };
  return { code, field: pathText(issue.path.map(String)), rule: issue.code, reason: issue.message };
}
