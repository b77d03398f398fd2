import { parseDocument } from 'yaml';
import { redactSecrets } from '../model/connection/secret-text.ts';
import { didYouMean } from '../model/text/near-name.ts';
import type { Problem } from '../model/text/problem.ts';
import type { Environment } from '../platform/foundation/environment.ts';
import type { Place, Tree, TreeScalar } from './tree.ts';

/**
 * Puts variables in: `${NAME}`, or `${NAME:-default}` for one that may be unset or empty; `$${` is a plain `${`.
 * Only in values, never in keys, and never twice: what a variable holds is taken as it is. A value without quotes may
 * become a number or `true`. Messages name the variable, never what it holds.
 */
export function substituteVariables(tree: Tree, env: Environment, problems: Problem[]): Tree {
  if (tree.type === 'scalar') return substituteScalar(tree, env, problems);
  if (tree.type === 'list')
    return { ...tree, items: tree.items.map((item) => substituteVariables(item, env, problems)) };
  const entries = [...tree.entries].map(
    ([key, { place, value }]) => [key, { place, value: substituteVariables(value, env, problems) }] as const,
  );
  return { ...tree, entries: new Map(entries) };
}

const reference = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;
const innards = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

function substituteScalar(scalar: TreeScalar, env: Environment, problems: Problem[]): TreeScalar {
  if (typeof scalar.value !== 'string' || !scalar.value.includes('${')) return scalar;
  const variables: string[] = [];
  const mistakes: Problem[] = [];
  const text = scalar.value.replace(reference, (whole, inside: string | undefined) => {
    if (whole === '$${') return '${';
    const [, name, fallback] = innards.exec(inside ?? '') ?? [];
    if (name === undefined) {
      mistakes.push(syntaxProblem(scalar.place));
      return '';
    }
    variables.push(name);
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    if (fallback === undefined) mistakes.push(missingProblem(scalar.place, name, value, env));
    return fallback ?? '';
  });
  problems.push(...mistakes);
  if (mistakes.length > 0) return { ...scalar, broken: true, variables };
  return { ...scalar, value: scalar.plain ? plainValue(text) : text, variables };
}

/** What the text means as an unquoted YAML value: a number, a boolean, or itself. */
function plainValue(text: string): string | number | boolean {
  if (!/^(?:[-+.]?\d[\w.+-]*|true|false)$/i.test(text)) return text;
  const value: unknown = parseDocument(text).toJS();
  return typeof value === 'number' || typeof value === 'boolean' ? value : text;
}

const syntaxProblem = (place: Place): Problem => ({
  severity: 'error',
  code: 'ENV_SYNTAX',
  ...place,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it shows how to write one
  message: 'expected `${NAME}` or `${NAME:-default}`, with letters, digits and `_`, not one inside another.',
  next: 'Write `$${` for a plain `${`.',
});

function missingProblem(place: Place, name: string, value: string | undefined, env: Environment): Problem {
  const state = value === '' ? 'is empty' : 'is not set';
  // A key that was pasted where a name belongs is not repeated.
  const shown = redactSecrets(name);
  return {
    severity: 'error',
    code: 'ENV_MISSING',
    ...place,
    message: `the variable ${shown} ${state}.${value === '' ? '' : didYouMean(name, Object.keys(env))}`,
    next: `Set it, or write \`\${${shown}:-default}\`.`,
  };
}
