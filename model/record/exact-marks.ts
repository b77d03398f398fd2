import type { Json } from './json.ts';

/**
 * Stands before what JSON can say and a parsed value cannot hold: a number of more digits than a double keeps, which is
 * then a text, and a name that zod drops. Nothing that a source sends by chance. Only for a moment: before a value is
 * given on, the mark is taken away and noted; and between the two schemas of a mapping, where nothing looks at it.
 */
export const MARK = `exact-${crypto.randomUUID()}:`;

/** A name that libraries drop, as setting it would change an object's prototype. */
export const RESERVED = '__proto__';

/** By object or list: the names of its members that are numbers, kept as text. */
const exactNumbers = new WeakMap<object, Set<string>>();
/** Objects and lists in which such a number or name stands, however deep. */
const uncommon = new WeakSet<object>();

/** Whether a value holds a number that is kept as text, or the name `__proto__`. */
export const isUncommon = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && uncommon.has(value);

/** Whether this text was a number of more digits than a double keeps. */
export const isExactNumber = (holder: object, name: string): boolean => exactNumbers.get(holder)?.has(name) ?? false;

/** Puts the members of one object into another, with what is known of them. */
export function assignExact(target: Record<string, Json>, source: { readonly [name: string]: Json }): void {
  for (const [name, value] of Object.entries(source)) {
    setMember(target, name, value);
    exactNumbers.get(target)?.delete(name);
    if (isExactNumber(source, name)) noteNumber(target, name);
  }
}

interface Frame {
  readonly holder: object;
  readonly above: Frame | undefined;
}

/** Takes the marks out of a value that was parsed with them, in place, and remembers where they were. */
export function withoutMarks(root: Json): Json {
  if (typeof root === 'string') return plainText(root);
  const open: Frame[] = typeof root === 'object' && root !== null ? [{ holder: root, above: undefined }] : [];
  for (let frame = open.pop(); frame !== undefined; frame = open.pop()) {
    for (const [name, value] of Object.entries(frame.holder)) {
      const isNumber = isMarked(value);
      if (isNumber) {
        setMember(frame.holder, name, plainText(value));
        noteNumber(frame.holder, name);
      }
      if (isNumber || name === RESERVED) noteUncommon(frame);
      if (typeof value === 'object' && value !== null) open.push({ holder: value, above: frame });
    }
  }
  return root;
}

function noteNumber(holder: object, name: string): void {
  const names = exactNumbers.get(holder) ?? new Set();
  exactNumbers.set(holder, names.add(name));
}

function noteUncommon(from: Frame): void {
  for (let frame: Frame | undefined = from; frame && !uncommon.has(frame.holder); frame = frame.above)
    uncommon.add(frame.holder);
}

/** A copy in which such numbers and names stand behind marks, where `keeps` says so for the path to them. */
export function withMarks(
  value: Json,
  keeps: (path: readonly string[]) => boolean,
  path: readonly string[] = [],
): Json {
  if (!isUncommon(value) || typeof value !== 'object' || value === null) return value;
  const member = (name: string, inner: Json): Json => {
    const below = [...path, name];
    return isExactNumber(value, name) && keeps(below) ? `${MARK}${String(inner)}` : withMarks(inner, keeps, below);
  };
  if (Array.isArray(value)) return value.map((inner: Json, index) => member(String(index), inner));
  const copy: Record<string, Json> = {};
  for (const [name, inner] of Object.entries(value))
    setMember(copy, name === RESERVED && keeps([...path, name]) ? MARK + RESERVED : name, member(name, inner));
  return copy;
}

/** A copy of a value that a mapping made, in which marks stand only where `keeps` says so. */
export function withFewerMarks(
  value: unknown,
  keeps: (path: readonly string[]) => boolean,
  path: readonly string[] = [],
): unknown {
  if (isMarked(value)) return keeps(path) ? value : plainText(value);
  if (Array.isArray(value)) return value.map((inner, index) => withFewerMarks(inner, keeps, [...path, String(index)]));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const copy = {};
  for (const [name, inner] of Object.entries(value)) {
    const plain = plainText(name);
    const below = [...path, plain];
    setMember(copy, keeps(below) ? name : plain, withFewerMarks(inner, keeps, below));
  }
  return copy;
}

const isMarked = (value: unknown): value is string => typeof value === 'string' && value.startsWith(MARK);

const plainText = (text: string): string => (text.startsWith(MARK) ? text.slice(MARK.length) : text);

/** Setting `__proto__` would not make a member. */
function setMember(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
}
