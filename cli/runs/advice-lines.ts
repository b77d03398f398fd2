import { adviceFor } from '../../model/failure/advice.ts';
import type { FailureCode } from '../../model/failure/failure.ts';

/** What is said of a failure in the terminal: what it means, what usually lies behind it, what to do. */
export function adviceLines(code: FailureCode, sync: string): readonly string[] {
  const { meaning, causes, todo } = adviceFor(code, sync);
  return [meaning, `Likely causes: ${causes}`, `What to do: ${todo}`];
}
