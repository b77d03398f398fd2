import { defineSync } from 'syncline';
import postgres from 'syncline/connectors/postgres';
import rest from 'syncline/connectors/rest';
import { ticket } from '../mappings/ticket.ts';

export default defineSync({
  summary: 'Tickets of the help desk into the warehouse, those that changed',
  source: rest.source('helpdesk', {
    path: '/api/collections/tickets/records',
    records: '/items',
    query: { sort: 'updated,id' },
    pagination: { kind: 'page-number', sizeParam: 'perPage', pages: '/totalPages' },
    pageSize: 100,
    incremental: { param: 'filter', format: 'iso-space', template: 'updated >= "{since}"' },
    ordered: true,
  }),
  key: 'id',
  version: 'updated',
  mapping: ticket,
  destination: postgres.destination('warehouse', {
    table: 'tickets',
    key: 'id',
    columns: {
      id: 'text',
      title: 'text',
      priority: 'text',
      hours: 'numeric',
      open: 'boolean',
      due: 'timestamptz',
      changed: 'timestamptz',
    },
  }),
});
