import { pathText } from '../mapping/path.ts';
import { bare, defOf, type Schema } from '../mapping/schema.ts';
import { isRecord, type Json } from '../record/json.ts';

/** How often a field was there, among the objects that could have had it. */
export interface FieldCount {
  /** As everywhere: `total`, or a path such as `/items/*\/sku`. */
  readonly field: string;
  /** The schema has it. */
  readonly known: boolean;
  /** Objects that were looked at, and those of them where it had a value other than null. */
  readonly seen: number;
  readonly present: number;
  /** What a field that is not known holds: `text`, `number`, … */
  readonly kinds: readonly string[];
}

/** The shape of the records of a batch. */
export interface BatchShape {
  readonly fields: readonly FieldCount[];
}

/** Every record is looked at up to here, then every tenth: what changed for good is seen all the same. */
const ALL_UP_TO = 1_000;
const THEN_EVERY = 10;

/** New names that are remembered of one object: more are the keys of a map, not fields. */
const MOST_NEW = 50;
const DEEPEST = 8;

interface ObjectNode {
  readonly path: readonly string[];
  readonly fields: ReadonlyMap<string, FieldNode>;
  /** The schema takes others too. */
  readonly open: boolean;
  readonly unknown: Map<string, { present: number; readonly kinds: Set<string> }>;
  seen: number;
}

interface FieldNode {
  readonly path: string;
  readonly object: ObjectNode | null;
  readonly items: ObjectNode | null;
  present: number;
}

/** Counts which fields the records of a batch have, against a schema. `all`: every record is looked at. */
export class ShapeCounter {
  readonly #root: ObjectNode | null;
  readonly #all: boolean;
  #records = 0;

  constructor(schema: Schema, { all } = { all: false }) {
    this.#root = objectNode(schema, []);
    this.#all = all;
  }

  add(records: readonly Json[]): void {
    for (const record of records) {
      const n = this.#records++;
      if (this.#root && isRecord(record) && (this.#all || n < ALL_UP_TO || n % THEN_EVERY === 0))
        look(this.#root, record);
    }
  }

  result(): BatchShape {
    return { fields: this.#root === null ? [] : counts(this.#root) };
  }
}

/** The fields of a record that a schema does not know; of those below lists each once. */
export function unknownFields(schema: Schema, record: Json): readonly string[] {
  const counter = new ShapeCounter(schema);
  counter.add([record]);
  return counter.result().fields.flatMap(({ field, known }) => (known ? [] : [field]));
}

function objectNode(schema: Schema, path: readonly string[]): ObjectNode | null {
  const def = defOf(bare(schema, 'in'));
  if (def.type !== 'object' || path.length > DEEPEST) return null;
  const fields = Object.entries(def.shape).map(([name, field]): [string, FieldNode] => {
    const at = [...path, name];
    const inner = defOf(bare(field, 'in'));
    const items = inner.type === 'array' ? objectNode(inner.element, [...at, '*']) : null;
    return [name, { path: pathText(at), object: objectNode(field, at), items, present: 0 }];
  });
  const open = def.catchall !== undefined && defOf(def.catchall).type !== 'never';
  return { path, fields: new Map(fields), open, unknown: new Map(), seen: 0 };
}

function look(node: ObjectNode, record: { readonly [name: string]: Json }): void {
  node.seen++;
  for (const name in record) {
    const value = record[name];
    if (value === undefined) continue;
    const field = node.fields.get(name);
    if (field === undefined) {
      if (!node.open) lookAtUnknown(node, name, value);
      continue;
    }
    if (value === null) continue;
    field.present++;
    if (field.object && isRecord(value)) look(field.object, value);
    else if (field.items && Array.isArray(value)) for (const item of value) if (isRecord(item)) look(field.items, item);
  }
}

function lookAtUnknown(node: ObjectNode, name: string, value: Json): void {
  const shown = node.unknown.size < MOST_NEW || node.unknown.has(name) ? name : '*';
  const found = node.unknown.get(shown) ?? { present: 0, kinds: new Set<string>() };
  node.unknown.set(shown, found);
  found.present++;
  found.kinds.add(kindOf(value));
}

function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' ? 'text' : typeof value;
}

function counts(node: ObjectNode): FieldCount[] {
  const known = [...node.fields.values()].flatMap((field) => [
    { field: field.path, known: true, seen: node.seen, present: field.present, kinds: [] },
    ...(field.object ? counts(field.object) : []),
    ...(field.items ? counts(field.items) : []),
  ]);
  const unknown = [...node.unknown].map(([name, { present, kinds }]) => ({
    field: pathText([...node.path, plainName(name)]),
    known: false,
    seen: node.seen,
    present,
    kinds: [...kinds].sort(),
  }));
  return [...known, ...unknown];
}

/** Names come from other people's records and stand in messages: what is no plain name is not repeated. */
const plainName = (name: string): string => (/^[\w$.:*-]{1,64}$/.test(name) ? name : '(an odd name)');
