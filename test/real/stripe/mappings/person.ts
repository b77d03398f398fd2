import { map, personal } from 'syncline';
import { z } from 'zod';

const Address = z.object({ line1: z.string(), city: z.string(), country: z.string() });

const Person = z.object({
  number: z.string(),
  name: z.string(),
  email: z.string(),
  languages: z.array(z.string()),
  address: Address,
  balance: z.union([z.number(), z.string()]),
});

/** What `POST /v1/customers` takes. */
const NewCustomer = z.object({
  name: personal(z.string()),
  email: personal(z.string()),
  preferred_locales: z.array(z.string()),
  address: personal(Address),
  balance: z.union([z.number(), z.string()]),
  metadata: z.object({ number: z.string() }),
});

export const person = map(Person, NewCustomer, (from) => ({
  name: from.name,
  email: from.email,
  preferred_locales: from.languages,
  address: { line1: from.address.line1, city: from.address.city, country: from.address.country },
  balance: from.balance,
  metadata: { number: from.number },
}));
