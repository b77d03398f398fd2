import { SyncFailure } from '../../model/failure/failure.ts';
import { ledgerFailure } from '../../platform/ledger/sql/sql.ts';

const withCode = (code: string) => Object.assign(new Error('duplicate key value (email)=(ada@example.com)'), { code });

test.each([
  [
    'a connection that is refused',
    withCode('ECONNREFUSED'),
    'LEDGER_UNAVAILABLE',
    'closing: nothing accepts connections at the address (ECONNREFUSED)',
  ],
  [
    'a server that shuts down',
    withCode('57P01'),
    'LEDGER_UNAVAILABLE',
    'closing: the database dropped the connection (57P01)',
  ],
  [
    'a deadlock',
    withCode('40P01'),
    'LEDGER_UNAVAILABLE',
    'closing: the database asks to repeat the transaction (40P01)',
  ],
  ['a full disk', withCode('53100'), 'LEDGER_UNAVAILABLE', 'closing: the disk of the database is full (53100)'],
  ['too little memory', withCode('53200'), 'LEDGER_UNAVAILABLE', 'closing: the database is out of memory (53200)'],
  [
    'too many connections',
    withCode('53300'),
    'LEDGER_UNAVAILABLE',
    'closing: the database has no free connection (53300)',
  ],
  [
    'a replica',
    withCode('25006'),
    'LEDGER_UNAVAILABLE',
    'closing: the database accepts only reads, as a replica does (25006)',
  ],
  [
    'a user without rights',
    withCode('42501'),
    'LEDGER_UNAVAILABLE',
    'closing: the user of DATABASE_URL lacks a right that this needs (42501)',
  ],
  ['a constraint', withCode('23505'), 'INTERNAL', 'closing: PostgreSQL 23505'],
  [
    'a lost connection',
    new Error('Connection terminated unexpectedly'),
    'LEDGER_UNAVAILABLE',
    'closing: the connection was lost',
  ],
  ['a defect of ours', new TypeError('cannot read ada@example.com'), 'INTERNAL', 'closing: TypeError'],
  ['a failure that has its code', new SyncFailure('FENCED', 'late'), 'FENCED', 'late'],
])(
  'invariant 8, nothing in messages: %s is told by code, never by the words of the driver',
  (_what, error, code, message) => {
    expect(ledgerFailure(error, 'closing')).toMatchObject({ code, message });
  },
);
