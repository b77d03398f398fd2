import { Blocks, type Content, copiedText, copyText, type JsonRecord } from '../../index.ts';
import { keyOf } from '../common/destination-key.ts';
import type { Column, Table } from './catalog.ts';
import type { UsualForm } from './usual.ts';
import type { ValueCheck } from './value-check.ts';
import type { Given } from './values.ts';

/** What a field holds, as far as it decides how it is written. */
type Kind = Given | 'null' | 'nested';

/** The fields of a record in their order: one object for all records of a shape. */
export interface RowShape {
  readonly fields: readonly string[];
  readonly kinds: readonly Kind[];
}

/** A record as COPY takes it, whatever the table, provided that its shape fits the table's columns. */
export class EncodedRow {
  readonly shape: RowShape;
  /** The destination's key. */
  readonly key: string;
  /** Its fields in the text format of COPY, in the order of the shape, with a tab between them. */
  readonly content: Content;

  constructor(shape: RowShape, key: string, content: Content) {
    this.shape = shape;
    this.key = key;
    this.content = content;
  }
}

export type EncodeRow = (record: JsonRecord, content: Content) => EncodedRow | undefined;

/** Shapes beyond this are not remembered: such records are written from their JSON. */
const MOST_NODES = 5_000;

/**
 * Encodes records while they are at hand, so that writing them needs neither their fields nor their JSON. Undefined for
 * a record that has to be looked at more closely when it is written.
 */
export function rowEncoder(keyFields: readonly string[]): EncodeRow {
  const root = new ShapeNode(null, '', 'null');
  const room = { nodes: MOST_NODES };
  const blocks = new Blocks();
  return (record, content) => {
    // In JSON, whatever COPY has to escape stands behind a backslash, and so does what no column can store.
    const clean = !content.includes('\\');
    if (!clean && content.includes('\\u')) return undefined;
    const key = keyOf(record, keyFields);
    if ('missing' in key) return undefined;
    const texts: string[] = [];
    let node: ShapeNode | undefined = root;
    for (const name in record) {
      const value = record[name];
      const kind = kindOf(value);
      texts.push(textOf(value, kind, clean));
      node = node.next(name, kind, room);
      if (node === undefined) return undefined;
    }
    return new EncodedRow(node.shape, key.key, blocks.write(texts.join('\t')));
  };
}

function kindOf(value: unknown): Kind {
  if (typeof value === 'string') return 'text';
  if (typeof value !== 'object') return typeof value === 'boolean' ? 'boolean' : 'number';
  return value === null ? 'null' : 'nested';
}

function textOf(value: unknown, kind: Kind, clean: boolean): string {
  if (kind === 'null') return '\\N';
  const text = kind === 'nested' ? JSON.stringify(value) : String(value);
  return clean || kind === 'number' || kind === 'boolean' ? text : copyText(text);
}

/** What is asked of a field of each record of a shape that fits a table. */
interface FieldCheck {
  readonly index: number;
  readonly check: ValueCheck;
  readonly usual: UsualForm | undefined;
}

/** Tells which records can be written to a table as they were encoded. Of any other, its JSON tells what is the matter. */
export function fitting(table: Table): (encoded: EncodedRow) => boolean {
  const known = new Map<RowShape, readonly FieldCheck[] | 'misfit'>();
  return ({ shape, content }) => {
    const checks = known.get(shape) ?? checksOf(shape, table);
    known.set(shape, checks);
    return checks !== 'misfit' && (checks.length === 0 || content.read(passes, checks));
  };
}

/** In the order of the fields. */
function checksOf({ fields, kinds }: RowShape, table: Table): readonly FieldCheck[] | 'misfit' {
  const checks: FieldCheck[] = [];
  for (const [index, name] of fields.entries()) {
    const column = table.columns.get(name);
    const kind = kinds[index] ?? 'null';
    if (column === undefined || !takes(column, kind)) return 'misfit';
    const check = kind === 'null' || kind === 'nested' || column.form === 'json' ? undefined : column.checks[kind];
    if (check !== undefined) checks.push({ index, check, usual: column.usual });
  }
  return checks;
}

function takes(column: Column, kind: Kind): boolean {
  if (kind === 'null') return !column.required;
  return column.form === (kind === 'nested' ? 'json' : 'scalar');
}

/** Goes over the bytes once: making texts of all fields would take longer than all checks. */
function passes(block: Buffer, start: number, end: number, checks: readonly FieldCheck[]): boolean {
  let at = start;
  let field = 0;
  for (const { index, check, usual } of checks) {
    for (; field < index; at++) if (block[at] === TAB) field++;
    let stop = at;
    while (stop < end && block[stop] !== TAB) stop++;
    if (usual?.(block, at, stop) !== true && check(copiedText(block.toString('utf8', at, stop))) !== undefined)
      return false;
    at = stop;
  }
  return true;
}

const TAB = 9;

/** Shapes as a tree: each step is one more field. The step taken last is tried first. */
class ShapeNode {
  readonly #above: ShapeNode | null;
  readonly #name: string;
  readonly #kind: Kind;
  readonly #below = new Map<string, ShapeNode>();
  #last: ShapeNode | undefined;
  #shape: RowShape | undefined;

  constructor(above: ShapeNode | null, name: string, kind: Kind) {
    this.#above = above;
    this.#name = name;
    this.#kind = kind;
  }

  next(name: string, kind: Kind, room: { nodes: number }): ShapeNode | undefined {
    const last = this.#last;
    if (last !== undefined && last.#name === name && last.#kind === kind) return last;
    const id = `${kind} ${name}`;
    let found = this.#below.get(id);
    if (found === undefined) {
      if (room.nodes-- <= 0) return undefined;
      found = new ShapeNode(this, name, kind);
      this.#below.set(id, found);
    }
    this.#last = found;
    return found;
  }

  get shape(): RowShape {
    this.#shape ??= this.#build();
    return this.#shape;
  }

  #build(): RowShape {
    const steps: ShapeNode[] = [];
    for (let node: ShapeNode | null = this; node.#above !== null; node = node.#above) steps.unshift(node);
    return { fields: steps.map((step) => step.#name), kinds: steps.map((step) => step.#kind) };
  }
}
