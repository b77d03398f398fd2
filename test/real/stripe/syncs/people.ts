import { defineSync } from 'syncline';
import files from 'syncline/connectors/files';
import rest from 'syncline/connectors/rest';
import { person } from '../mappings/person.ts';

/** Stripe takes forms, names a customer itself, and recognises a repeated request for a day. */
export default defineSync({
  summary: 'People from a file into Stripe',
  source: files.source('people', { path: 'people.jsonl', format: 'jsonl' }),
  key: 'number',
  mapping: person,
  destination: rest.destination('stripe', {
    path: '/customers',
    encoding: 'form',
    id: 'id',
    update: { path: '/customers/{id}', method: 'POST' },
    delete: { path: '/customers/{id}' },
    idempotencyKey: { hours: 24 },
  }),
});
