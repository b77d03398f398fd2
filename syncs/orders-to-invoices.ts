import { defineSync } from 'syncline';
import rest from 'syncline/connectors/rest';
import { orderToInvoice } from '../mappings/order-to-invoice.ts';

export default defineSync({
  summary: 'Every order of the shop becomes an invoice in the books.',
  source: rest.source('shop', {
    path: '/orders',
    records: '/orders',
    pagination: { kind: 'cursor', next: '/next', sizeParam: 'limit' },
    pageSize: 250,
    incremental: { param: 'updated_since', format: 'iso' },
    ordered: true,
  }),
  key: 'id',
  version: 'updatedAt',
  mapping: orderToInvoice,
  destination: rest.destination('books', {
    path: '/invoices/bulk',
    key: 'externalId',
    bulk: {
      list: '/invoices',
      results: {
        list: '/results',
        status: 'status',
        key: 'externalId',
        id: 'id',
        message: '/error/message',
        field: '/error/field',
      },
    },
    maxRecords: 500,
    idempotencyKey: { hours: 24 },
    upsert: true,
    lookup: { path: '/invoices', query: { ids: '{keys}' }, maxKeys: 250, records: '/invoices', id: 'id' },
  }),
  policy: { batchRecords: 1000, heartbeatTimeout: '3 seconds' },
});
