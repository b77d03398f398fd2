import { defineSync } from 'syncline';
import files from 'syncline/connectors/files';
import rest from 'syncline/connectors/rest';
import { contact } from '../mappings/contact.ts';

const records = '/api/collections/contacts/records';

/**
 * PocketBase creates with POST, knows no idempotency key, and gives records ids of its own: before a write in doubt is
 * repeated, the contact is looked up by its number (delivery class T4).
 */
export default defineSync({
  summary: 'Contacts from a CSV file into the help desk',
  source: files.source('exchange', { path: 'contacts.csv', format: 'csv' }),
  key: 'number',
  mapping: contact,
  destination: rest.destination('helpdesk', {
    path: records,
    key: 'number',
    id: 'id',
    update: { path: `${records}/{id}`, method: 'PATCH' },
    lookup: {
      path: records,
      query: { filter: '{keys}', perPage: 100 },
      each: 'number="{key}"',
      join: '||',
      records: '/items',
      id: 'id',
      maxKeys: 50,
    },
  }),
});
