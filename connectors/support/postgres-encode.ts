import { Blocks, type Content } from '../../model/content.ts';
import { copyText } from '../../model/copy-text.ts';
import type { JsonRecord } from '../../model/json.ts';
import { keyOf } from './destination-key.ts';
import type { Table } from './postgres-catalog.ts';

/** What a field holds, as far as it decides how it is written. `plain`: a number or a boolean. */
type Kind = 'null' | 'text' | 'plain' | 'nested';

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
  if (typeof value !== 'object') return 'plain';
  return value === null ? 'null' : 'nested';
}

function textOf(value: unknown, kind: Kind, clean: boolean): string {
  if (kind === 'null') return '\\N';
  const text = kind === 'nested' ? JSON.stringify(value) : String(value);
  return clean || kind === 'plain' ? text : copyText(text);
}

/** Whether a record of this shape can be written as it was encoded. Otherwise its JSON tells what is the matter. */
export const fits = ({ fields, kinds }: RowShape, table: Table): boolean =>
  fields.every((name, index) => {
    const column = table.columns.get(name);
    if (column === undefined) return false;
    const kind = kinds[index];
    if (kind === 'null') return !column.required;
    return column.form === (kind === 'nested' ? 'json' : 'scalar');
  });

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
