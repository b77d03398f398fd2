import type { Connector } from '../model/connector/connector.ts';
import { didYouMean } from '../model/text/near-name.ts';
import type { Problem, ProblemCode } from '../model/text/problem.ts';
import { type Explained, unknownKey } from './explain-issue.ts';
import { type Place, type Tree, type TreePath, treeAt, treePlace, treeScalars } from './tree.ts';

/** No kind where another name is near, which is how a misspelt name in an overlay shows; or a kind that nobody has. */
export function kindProblem(
  name: string,
  kind: unknown,
  connectors: ReadonlyMap<string, Connector>,
  systems: readonly string[],
): readonly Explained[] {
  if (kind === undefined) {
    const others = systems.filter((other) => other !== name);
    const twin = didYouMean(name, others);
    const message = `\`${name}\` has no \`kind\`, so it may be misspelt.${twin}`;
    return twin === '' ? [] : [{ code: 'KEY_REQUIRED', path: ['kind'], message }];
  }
  if (typeof kind !== 'string' || connectors.has(kind)) return [];
  const known = [...connectors.keys()];
  const message = `there is no connector \`${kind.slice(0, 40)}\`.${didYouMean(kind, known)} There are: ${known.join(', ')}.`;
  return [{ code: 'KIND_UNKNOWN', path: ['kind'], message }];
}

/** A settings schema that does not refuse further keys would drop them in silence. */
export function unreadKeys(
  value: Record<string, unknown>,
  settingNames: readonly string[] | undefined,
  commonNames: readonly string[],
): readonly Explained[] {
  if (!settingNames) return [];
  const allowed = [...settingNames, ...commonNames];
  return Object.keys(value)
    .filter((key) => !allowed.includes(key))
    .map((key) => unknownKey([key], allowed));
}

/** Complaints with their places; none about a value of which something has been said already, and none twice. */
export function placeComplaints(
  entry: Tree,
  namePlace: Place,
  explained: readonly Explained[],
  settled: readonly TreePath[],
): readonly Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const { code, path, message } of explained) {
    const id = `${code} ${path.join('.')}`;
    if (seen.has(id) || settled.some((done) => isSettled(done, path))) continue;
    seen.add(id);
    problems.push({
      severity: 'error',
      code,
      ...problemPlaceOf(entry, namePlace, path, code),
      message,
      ...yamlHint(entry, path, message),
    });
  }
  return problems;
}

/** A wrong value is pointed at; for all else its key, or the map that lacks it. */
function problemPlaceOf(entry: Tree, namePlace: Place, path: TreePath, code: ProblemCode): Place {
  const at = treeAt(entry, path);
  if (at?.type === 'scalar' && code !== 'KEY_UNKNOWN') return at.place;
  return at === undefined && path.length === 1 ? namePlace : treePlace(entry, path);
}

/** YAML 1.2 reads `0123` and `1e3` as numbers and `no` as text, which surprises. */
function yamlHint(entry: Tree, path: TreePath, message: string): { next?: string } {
  const at = treeAt(entry, path);
  if (at?.type !== 'scalar' || !at.plain || at.variables) return {};
  if (typeof at.value !== 'string' && at.value !== null && message.includes('expected text'))
    return { next: `To mean the text, put it in quotes: \`"${at.source}"\`.` };
  const isOldBoolean = typeof at.value === 'string' && /^(?:yes|no|on|off|y|n)$/i.test(at.value);
  return isOldBoolean && message.includes('`true` or `false`') ? { next: 'YAML 1.2 has `true` and `false` only.' } : {};
}

/** Values of which a variable is missing. */
export const brokenPaths = (entry: Tree): readonly TreePath[] =>
  [...treeScalars(entry)].filter(({ scalar }) => scalar.broken).map(({ path }) => path);

/** An error at a value settles what lies at it, below it, and a union that it made fail above it. */
function isSettled(done: TreePath, path: TreePath): boolean {
  const short = done.length < path.length ? done : path;
  const long = done.length < path.length ? path : done;
  return path.length > 0 && short.every((step, index) => String(step) === String(long[index]));
}
