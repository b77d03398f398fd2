/**
 * Fields are written one way everywhere: a name at the top (`email`), or a JSON pointer (RFC 6901) in which the step
 * `*` stands for every item of a list.
 */
export function pathText(steps: readonly string[]): string {
  const [first] = steps;
  if (steps.length === 1 && first !== undefined && first !== '' && !first.startsWith('/')) return first;
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export function pathSteps(text: string): readonly string[] {
  if (!text.startsWith('/')) return [text];
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Whether `path` lies at or below `above`. */
export const isWithin = (path: readonly string[], above: readonly string[]): boolean =>
  above.length <= path.length && above.every((step, index) => path[index] === step);
