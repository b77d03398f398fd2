import { z } from 'zod';
import { type ProblemCode, problemCodes } from '../../model/text/problem.ts';

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(problemCodes, code);

/** What is wrong with the files of a project; see `Problem`. */
export const problem = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.enum(Object.keys(problemCodes).filter(isProblemCode)),
  file: z.string(),
  line: z.number().exactOptional(),
  column: z.number().exactOptional(),
  message: z.string(),
  next: z.string().exactOptional(),
  sync: z.string().exactOptional(),
});
