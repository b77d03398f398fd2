import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Mapped, Mapping, Sample } from './mapping.ts';
import { pathText } from './path.ts';

/** What comes of one raw record on the whole way: source schema, mapping, destination schema. */
function mapRaw(mapping: Mapping, raw: unknown): Mapped {
  const source = mapping.from.safeParse(raw);
  if (!source.success) return schemaRejection(source.error, 'source schema');
  const mapped = mapping.run(source.data);
  if (mapped.state !== 'mapped') return mapped;
  const made = mapping.to.safeParse(mapped.record);
  return made.success ? { state: 'mapped', record: made.data } : schemaRejection(made.error, 'destination schema');
}

/** Zod's messages name what was expected, never the value. */
function schemaRejection(error: z.core.$ZodError, rule: string): Mapped {
  const [issue] = error.issues;
  const field = pathText((issue?.path ?? []).map(String));
  return { state: 'rejected', field, rule, reason: issue?.message ?? 'invalid' };
}

/** Undefined when the sample comes out as it says; otherwise what came out instead. */
export function sampleFailure(mapping: Mapping, sample: Sample): string | undefined {
  const found = mapRaw(mapping, sample.have);
  if ('filtered' in sample) return found.state === 'filtered' ? undefined : `expected filtered, ${told(found)}`;
  if ('rejects' in sample) {
    const text = found.state === 'rejected' ? rejectionText(found) : '';
    return text.includes(sample.rejects) && found.state === 'rejected'
      ? undefined
      : `expected a rejection with ${JSON.stringify(sample.rejects)}, ${told(found)}`;
  }
  if (found.state !== 'mapped') return `expected a record, ${told(found)}`;
  const differing = differences(sample.want, found.record, []);
  return differing.length === 0 ? undefined : differing.join('; ');
}

const rejectionText = (mapped: Mapped & { state: 'rejected' }): string => `${mapped.field}: ${mapped.reason}`;

function told(found: Mapped): string {
  if (found.state === 'mapped') return 'but it was mapped';
  return found.state === 'filtered'
    ? `but it was filtered (${found.reason})`
    : `but it was rejected: ${rejectionText(found)}`;
}

/** Samples are written by hand for people to read, so their values may be told. */
function differences(want: unknown, found: unknown, path: readonly string[]): readonly string[] {
  if (isDeepStrictEqual(want, found)) return [];
  if (isObject(want) && isObject(found) && Array.isArray(want) === Array.isArray(found)) {
    const names = new Set([...Object.keys(want), ...Object.keys(found)]);
    return [...names].flatMap((name) => differences(want[name], found[name], [...path, name]));
  }
  return [`${pathText(path) || 'the record'}: expected ${JSON.stringify(want)}, found ${JSON.stringify(found)}`];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
