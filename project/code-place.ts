import type { TreePath } from './tree.ts';

/** A position in a text, from 1. */
export interface CodePlace {
  readonly line: number;
  readonly column: number;
}

interface Token {
  readonly text: string;
  readonly isText: boolean;
  readonly offset: number;
}

/**
 * Where an option stands in a sync file: the keys of the path are looked for one inside the other, in what is written,
 * not in what it means. Gives the deepest key that is found; nothing when even the first is not there. With
 * `declaration`, only what stands behind `const NAME =` counts.
 */
export function findKey(code: string, path: TreePath, declaration?: string): CodePlace | undefined {
  const tokens = tokenize(code);
  let from = declaration === undefined ? 0 : Math.max(0, declarationIndex(tokens, declaration));
  let to = tokens.length;
  let found: Token | undefined;
  for (const step of path) {
    if (typeof step !== 'string') continue;
    const at = keyIndex(tokens, step, from, to);
    if (at === -1) break;
    found = tokens[at];
    from = at + 1;
    to = Math.min(to, valueEnd(tokens, from));
  }
  return found && placeOf(code, found.offset);
}

/** Where `NAME = …` stands. */
export function findDeclaration(code: string, name: string): CodePlace | undefined {
  const tokens = tokenize(code);
  const token = tokens[declarationIndex(tokens, name)];
  return token && placeOf(code, token.offset);
}

const declarationIndex = (tokens: readonly Token[], name: string): number =>
  tokens.findIndex(
    (token, index) => !token.isText && token.text === name && ['=', ':'].includes(tokens[index + 1]?.text ?? ''),
  );

/** Where a text literal stands, inside the value of the key path when that is found. */
export function findText(code: string, text: string, within: TreePath = []): CodePlace | undefined {
  const tokens = tokenize(code);
  let from = 0;
  let to = tokens.length;
  for (const step of within) {
    const at = keyIndex(tokens, String(step), from, to);
    if (at === -1) break;
    from = at + 1;
    to = Math.min(to, valueEnd(tokens, from));
  }
  const token = tokens.slice(from, to).find((candidate) => candidate.isText && candidate.text === text);
  return token && placeOf(code, token.offset);
}

/** Of the shallowest such key: an option of the same name further inside is another one. */
function keyIndex(tokens: readonly Token[], key: string, from: number, to: number): number {
  let depth = 0;
  let best = -1;
  let bestDepth = Number.POSITIVE_INFINITY;
  for (let index = from; index < to; index++) {
    const token = tokens[index];
    if (!token) continue;
    if (!token.isText) depth += depthChange(token.text);
    if (token.text === key && depth < bestDepth && isKey(tokens, index)) [best, bestDepth] = [index, depth];
  }
  return best;
}

function isKey(tokens: readonly Token[], index: number): boolean {
  const next = tokens[index + 1]?.text;
  const before = tokens[index - 1]?.text;
  return next === ':' || ((next === ',' || next === '}') && (before === ',' || before === '{'));
}

const depthChange = (punctuation: string): number =>
  '([{'.includes(punctuation) ? 1 : ')]}'.includes(punctuation) ? -1 : 0;

/** The index after the value that begins at `from`: at the `,` or the closing bracket of its level. */
function valueEnd(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let index = from; index < tokens.length; index++) {
    const token = tokens[index];
    if (!token || token.isText) continue;
    depth += depthChange(token.text);
    if (depth < 0 || (depth === 0 && token.text === ',')) return index;
  }
  return tokens.length;
}

/** Words, text literals and punctuation; comments and white space are left out. Enough to find keys, no parser. */
function tokenize(code: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\[\s\S])*)`|[\w$]+|[^\s]/g;
  for (const match of code.matchAll(pattern)) {
    if (match[0].startsWith('//') || match[0].startsWith('/*')) continue;
    const literal = match[1] ?? match[2] ?? match[3];
    tokens.push({ text: literal ?? match[0], isText: literal !== undefined, offset: match.index });
  }
  return tokens;
}

function placeOf(code: string, offset: number): CodePlace {
  const before = code.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
