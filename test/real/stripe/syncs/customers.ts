import { defineSync } from 'syncline';
import postgres from 'syncline/connectors/postgres';
import rest from 'syncline/connectors/rest';
import { customer } from '../mappings/customer.ts';

export default defineSync({
  summary: 'Customers of Stripe into the warehouse',
  source: rest.source('stripe', {
    path: '/customers',
    records: '/data',
    pagination: {
      kind: 'cursor',
      param: 'starting_after',
      lastRecord: 'id',
      hasMore: '/has_more',
      sizeParam: 'limit',
    },
    pageSize: 100,
  }),
  key: 'id',
  mapping: customer,
  destination: postgres.destination('warehouse', { table: 'customers', key: 'id' }),
});
