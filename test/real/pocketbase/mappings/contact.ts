import { collapseSpaces, integerFrom, lower, map, nullIf, or, to, toIfPresent, trim } from 'syncline';
import { z } from 'zod';

/** Every column of a CSV file is text. */
const Row = z.object({ number: z.string().min(1), name: z.string(), email: z.string(), points: z.string() });

const Contact = z.object({
  number: z.string(),
  name: z.string().min(1),
  email: z.union([z.email(), z.literal('')]),
  points: z.int(),
});

export const contact = map(Row, Contact, (row) => ({
  number: row.number,
  name: to(row.name, collapseSpaces()),
  // PocketBase keeps '' for an address that is not set.
  email: or(toIfPresent(to(row.email, trim(), nullIf('')), lower()), ''),
  points: or(toIfPresent(to(row.points, nullIf('')), integerFrom()), 0),
}));
