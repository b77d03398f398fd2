import { map, or } from 'syncline';
import { z } from 'zod';

/** A customer as Stripe gives it, as far as the warehouse wants it. */
const Customer = z.object({
  id: z.string(),
  created: z.number(),
  name: z.string().nullable(),
  currency: z.string().nullable(),
  livemode: z.boolean(),
});

const Row = z.object({
  id: z.string(),
  created: z.number(),
  name: z.string(),
  currency: z.string(),
  live: z.boolean(),
});

export const customer = map(Customer, Row, (from) => ({
  id: from.id,
  created: from.created,
  name: or(from.name, ''),
  currency: or(from.currency, ''),
  live: from.livemode,
}));
