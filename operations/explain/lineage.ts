import { z } from 'zod';
import { pathText } from '../../model/mapping/path.ts';
import { explain as walk } from '../../model/mapping/walk.ts';
import type { Json } from '../../model/record/json.ts';
import type { LoadedSync } from '../../model/sync/project.ts';

/** What became of one destination field; see `FieldLineage`. Its values are whatever a schema and rules make. */
const fieldLineage = z.object({
  field: z.string(),
  from: z.array(z.object({ path: z.string(), value: z.unknown() })).readonly(),
  steps: z.array(z.object({ words: z.string(), value: z.unknown() })).readonly(),
  after: z.unknown(),
  rejected: z.object({ rule: z.string(), reason: z.string() }).exactOptional(),
});

/** What today's mapping makes of a record that is still at hand. */
export const lineage = z.object({
  outcome: z.enum(['mapped', 'filtered', 'rejected']),
  /** Why it was filtered or rejected. */
  reason: z.string().nullable(),
  field: z.string().nullable(),
  fields: z.array(fieldLineage).readonly(),
});
export type Lineage = z.output<typeof lineage>;

/** The way of a received record through schema, mapping and schema. Pure; undefined for a mapping without a recording. */
export function lineageOf({ sync }: Pick<LoadedSync, 'sync'>, received: Json): Lineage | undefined {
  const { from, to, recorded } = sync.mapping;
  if (!recorded) return undefined;
  const parsed = from.safeParse(received);
  if (!parsed.success) return refused(parsed.error, 'the source schema', []);
  const { mapped, fields } = walk(recorded, parsed.data);
  if (mapped.state === 'filtered') return { outcome: 'filtered', reason: mapped.reason, field: null, fields };
  if (mapped.state === 'rejected')
    return { outcome: 'rejected', reason: `${mapped.rule}: ${mapped.reason}`, field: mapped.field, fields };
  const checked = to.safeParse(mapped.record);
  if (!checked.success) return refused(checked.error, 'the destination schema', fields);
  return { outcome: 'mapped', reason: null, field: null, fields };
}

function refused(error: z.ZodError, who: string, fields: Lineage['fields']): Lineage {
  const issue = error.issues[0];
  return {
    outcome: 'rejected',
    reason: `${who}: ${issue?.message ?? 'invalid'}`,
    field: issue ? pathText(issue.path.map(String)) : null,
    fields,
  };
}
