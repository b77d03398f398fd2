import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { Problem, ProblemCode } from '../model/text/problem.ts';
import type { Place, Tree, TreeEntry } from './tree.ts';

/** Alias bombs grow without bound: no honest inventory has as many values. */
const maxValues = 20_000;
const maxDepth = 64;

export interface ParsedYaml {
  /** Absent when the file is empty or has only comments, or when it has errors. */
  readonly tree?: Tree;
  readonly problems: readonly Problem[];
}

/**
 * Parses YAML 1.2 into a tree with places. Tags are refused, never run. The parser's own messages can quote the file,
 * secrets included, so they are not repeated: each of its codes has words here.
 */
export function parseYaml(file: string, text: string): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    return { problems: firstPerLine(faults.map((fault) => parserProblem(fault.code, placeAt(fault.pos[0]), text))) };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return { problems: [] };
  const reader = new TreeReader(document, placeAt);
  const tree = reader.read(document.contents, 0);
  return reader.problems.length > 0 ? { problems: reader.problems } : { tree, problems: [] };
}

class TreeReader {
  readonly problems: Problem[] = [];
  private values = 0;
  /** The outermost alias that is being read. */
  private alias: Place | undefined;
  private readonly document: Document;
  private readonly placeAt: (offset: number) => Place;

  constructor(document: Document, placeAt: (offset: number) => Place) {
    this.document = document;
    this.placeAt = placeAt;
  }

  read(node: unknown, depth: number): Tree {
    const place = this.place(node);
    if (++this.values > maxValues || depth > maxDepth) return this.refuseAliases(place);
    if (isAlias(node)) return this.readAlias(node, place, depth);
    if (isMap(node)) return { type: 'map', place, entries: this.entries(node, depth) };
    if (isSeq(node)) return { type: 'list', place, items: node.items.map((item) => this.read(item, depth + 1)) };
    return scalar(isScalar(node) ? node : undefined, place);
  }

  private readAlias(node: Alias, place: Place, depth: number): Tree {
    const target = node.resolve(this.document);
    if (!target) return this.refuseAliases(place);
    const outer = this.alias;
    this.alias = outer ?? place;
    const tree = this.read(target, depth + 1);
    this.alias = outer;
    return tree;
  }

  private entries(map: YAMLMap, depth: number): ReadonlyMap<string, TreeEntry> {
    const entries = new Map<string, TreeEntry>();
    for (const { key, value } of map.items) {
      const place = this.place(key);
      const name = isScalar(key) ? String(key.source ?? key.value) : undefined;
      if (name === undefined || name === '__proto__' || name === '<<') {
        const what = name === undefined ? 'a map or list as a key' : `the key \`${name}\``;
        this.report(
          'YAML_SYNTAX',
          place,
          `${what} is not allowed; expected plain text.`,
          'An overlay file shares what several environments have in common.',
        );
        continue;
      }
      const first = entries.get(name);
      if (first)
        this.report(
          'YAML_DUPLICATE_KEY',
          place,
          `\`${name}\` stands here a second time; the first is in line ${first.place.line}.`,
          'Remove one of them.',
        );
      else entries.set(name, { place, value: this.read(value, depth + 1) });
    }
    return entries;
  }

  private refuseAliases(place: Place): Tree {
    if (!this.problems.some(({ code }) => code === 'YAML_ALIASES'))
      this.report(
        'YAML_ALIASES',
        this.alias ?? place,
        `aliases that multiply: more than ${maxValues} values or ${maxDepth} levels.`,
        'Write the values out.',
      );
    return scalar(undefined, place);
  }

  private place(node: unknown): Place {
    return this.placeAt((node as Partial<Node> | null)?.range?.[0] ?? 0);
  }

  private report(code: ProblemCode, place: Place, message: string, next: string): void {
    this.problems.push({ severity: 'error', code, ...place, message, next });
  }
}

function scalar(node: Scalar | undefined, place: Place): Tree {
  const value = node?.value;
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  return { type: 'scalar', place, value: known, source: node?.source ?? '', plain: node?.type === 'PLAIN' };
}

const words: Readonly<Record<string, string>> = {
  BAD_INDENT: 'the indentation does not fit the lines above.',
  BAD_ALIAS: 'an alias (`*name`) without its anchor (`&name`), or wrongly written.',
  BAD_DQ_ESCAPE: 'an escape that a double-quoted text does not have; single quotes take text as it is.',
  BAD_SCALAR_START: 'a value cannot begin with this character; put it in quotes.',
  BLOCK_IN_FLOW: 'indented lines inside `{ }` or `[ ]`.',
  BLOCK_AS_IMPLICIT_KEY: 'a second `:` in the line; put the value in quotes.',
  MISSING_CHAR: 'a character is missing: a closing quote, `}`, `]`, `,` or the space after `:`.',
  MULTILINE_IMPLICIT_KEY: 'a key over several lines: the line before may lack its `:`.',
  MULTIPLE_DOCS: 'a second document (`---`); one file holds one.',
  TAB_AS_INDENT: 'a tab; YAML indents with spaces.',
  TAG_RESOLVE_FAILED: 'a tag (`!name`) that plain YAML does not have; tags are not run.',
  UNEXPECTED_TOKEN: 'something that cannot stand here: perhaps a missing quote, comma or `:`.',
};

function parserProblem(parserCode: string, place: Place, text: string): Problem {
  const code = parserCode === 'TAG_RESOLVE_FAILED' ? 'YAML_TAG' : 'YAML_SYNTAX';
  const line = text.split('\n')[place.line - 1] ?? '';
  const isTab = /^\s*\t/.test(line);
  const message = isTab
    ? `a tab in line ${place.line}; YAML indents with spaces.`
    : (words[parserCode] ?? 'this is not valid YAML.');
  return {
    severity: 'error',
    code,
    ...place,
    message,
    next: `Mend the line${isTab ? '' : `, or the one before it (${parserCode})`}.`,
  };
}

/** One slip makes the parser complain several times in a line; the first is the cause. */
function firstPerLine(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<number | undefined>();
  return [...problems]
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
    .filter(({ line }) => !seen.has(line) && seen.add(line));
}
