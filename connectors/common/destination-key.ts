import { type Json, type JsonRecord, valueAt } from '../../index.ts';

/** Text of the destination's key: the value of one field, or a JSON list of the values of several. */
export const keyText = (parts: readonly string[]): string =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : JSON.stringify(parts);

/** The parts of a key text. Undefined when it is not a key of that many fields. */
export function keyParts(text: string, fields: number): readonly string[] | undefined {
  if (fields === 1) return [text];
  const parts = listIn(text);
  return parts?.length === fields ? parts : undefined;
}

function listIn(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The key of a destination record; or the field that holds no value that can be a key. */
export function keyOf(record: JsonRecord, fields: readonly string[]): { key: string } | { missing: string } {
  const parts: string[] = [];
  for (const field of fields) {
    const part = keyPart(valueAt(record, field));
    if (part === undefined) return { missing: field };
    parts.push(part);
  }
  return { key: keyText(parts) };
}

const keyPart = (value: Json | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
