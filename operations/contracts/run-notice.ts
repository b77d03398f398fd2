import { z } from 'zod';
import { isNoticeCode, notices } from '../../model/sync/notice.ts';

/** What a run found odd; see `RunNotice`. */
export const runNotice = z.object({
  code: z.enum(Object.keys(notices).filter(isNoticeCode)),
  subject: z.string(),
  records: z.number(),
  detail: z.string(),
  outcome: z.enum(['told', 'partial']),
  meaning: z.string(),
  todo: z.string(),
  toldBefore: z.boolean(),
});
