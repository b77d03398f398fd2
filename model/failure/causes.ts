import type { FailureCode } from './failure.ts';

/** What usually lies behind a failure, the likeliest first; one sentence or a list with semicolons. */
export const failureCauses: Readonly<Record<FailureCode, string>> = {
  CONNECTION_REFUSED: 'The system is down or restarting; a wrong port; a firewall.',
  CONNECTION_LOST:
    'A restart on the other side; a proxy or load balancer that cuts long answers; a worker that lost its network.',
  DNS_FAILED:
    'A typing error in the host name; a name that exists only in another network; a name server that is down.',
  TLS_FAILED:
    'An expired certificate; a certificate for another name; an authority of your own that the worker does not know.',
  TIMEOUT: 'A slow query behind the address; pages that are too large; an overloaded system.',
  SERVER_ERROR: 'A defect or an overload of the system; a deployment in progress.',
  RATE_LIMITED:
    'The stated limits of the connection are higher than the real ones; another program uses the same account.',
  CONNECTION_BUSY: 'A system that hangs or is slow; many syncs of one connection at the same time.',
  AUTH_REJECTED: 'A token that has expired or was revoked; the secret of another environment.',
  FORBIDDEN: 'A missing scope or role; an address block list.',
  NOT_FOUND: 'A path with a typing error; a resource that the vendor removed; the wrong API version.',
  REQUEST_REJECTED: 'A query parameter or body form that the system does not know.',
  RESPONSE_NOT_JSON: "A login page; a proxy's error page; an answer that was cut off.",
  RESPONSE_TOO_LARGE: 'A page size that is too large; an address that answers with everything it has.',
  RESPONSE_SHAPE: 'A pointer with a typing error; a vendor that changed the answer.',
  CURSOR_LOOP:
    'A defect in the paging of the source; a cursor parameter with the wrong name, so that the source always gives the first page.',
  REDIRECT_REFUSED: 'An address without its final path or `www`; a session that has ended and leads to a login page.',
  FILE_BUSY: 'A file that another program is still writing; another run that writes the same file.',
  FILE_UNREADABLE:
    'A folder that does not exist; permissions of the user that the worker runs as; a link that leads out of the folder; a folder of another user.',
  FILE_MALFORMED: 'A quote that is never closed; a row with too many cells; another delimiter or encoding than stated.',
  SQL_UNAVAILABLE: 'A restart or failover; too many connections; a deadlock with other programs.',
  SQL_REJECTED: 'A table or column that does not exist; a role without the right to it.',
  SOURCE_INCOMPLETE: 'A page that is empty although more was promised; a file that is still growing.',
  BATCH_LIMIT: 'One record that alone exceeds what the destination accepts in a request.',
  KEY_MISSING: 'A record that was never given an id; the wrong field named as `key`.',
  KEY_TYPE: 'An object, list or fraction where the key should be.',
  NOT_A_RECORD: 'A list of numbers or texts; `records` that points one level too deep.',
  VERSION_INVALID: 'A version field that is empty in some records, or holds text of another form.',
  SOURCE_SCHEMA: 'A field that is missing, null or of another type than the source schema states.',
  MAPPING_REJECTED:
    'A value that a rule of the mapping refuses: an impossible date, an unknown currency, a missing value under `orReject`.',
  DESTINATION_SCHEMA:
    'A rule of your own that makes something else than it promises; a limit in the destination schema, such as a length.',
  TEXT_NUL: 'Text copied from a binary file; text cut in the middle of an emoji.',
  RECORD_TOO_LARGE: 'An attachment or a picture inside the record.',
  RECORD_REJECTED:
    'A rule of the destination that the destination schema does not state: a unique field, a foreign key, a closed period.',
  ANSWER_UNCLEAR:
    'Results that leave a record out, or hold it in a list of their own; a destination that answers before it has done the work.',
  CONFLICT: 'Somebody changed the record in the destination.',
  DESTINATION_KEY_TAKEN:
    'Keys that differ only in capital letters, spaces or zeros before a number, where the destination does not tell them apart; a mapping that makes one key of two; a key that was respelt at the source.',
  TOO_MANY_REJECTED:
    'The source changed its schema; a mapping that was just edited; a new rule in the destination, such as a constraint.',
  DELETE_GUARD:
    'A source that gave nothing or too little, a filter that was added to it, a key that changed its form, or a clean-up of many records at once.',
  IDEMPOTENCY_MISMATCH:
    'Two engines write through one account; the destination compares more of a request than its content.',
  OUTCOME_UNKNOWN: 'A time-out or crash between sending and the answer, at a destination of class T5.',
  FENCED: 'A worker that was frozen or cut off, and came back after another had taken over.',
  HOLD_LOST: 'A workflow that was terminated, or lost with the store of Temporal, and a new run since.',
  LOCKED: 'A schedule that is faster than the run; a run that is parked or paused.',
  CONSERVATION: 'A defect of the engine.',
  STAGING_LOST: 'Rows deleted from the ledger by hand; a ledger restored from an older backup while a run was open.',
  LEDGER_UNAVAILABLE:
    'PostgreSQL is down or restarting; its disk is full; its connections are used up; DATABASE_URL names a replica that only reads.',
  TEMPORAL_UNAVAILABLE: 'Temporal is down; a wrong address or namespace.',
  STACK_FAILED: 'A download that is not possible here; a port or folder that cannot be used.',
  STACK_IN_USE: '`syncline dev` or another command with a stack of its own runs in this project.',
  LEDGER_OLDER: 'A ledger restored from a backup; a worker with the address of another database.',
  LEDGER_NEWER: 'A worker of an older version was started after an upgrade.',
  PROJECT_INVALID: 'A typing error in connections.yaml, a mapping or a sync file.',
  SYNC_CHANGED: 'A sync or mapping file that was edited, and a worker that was restarted, while a run was open.',
  PLAN_CHANGED:
    'Records changed in the source since the plan was made, another run came between, or the mapping was edited.',
  SYNC_UNKNOWN: 'A file that was renamed or removed; a worker that looks at another project folder.',
  SECRET_MISSING:
    "A variable that is not set in the worker's environment; a secret file that is not mounted, or that others can read; an entry that the vault or the store does not have; a store that does not let its token read it.",
  SECRET_STORE_UNAVAILABLE:
    'A secret store that is down or sealed; a program that ends with an error because it is not logged in.',
  ENCRYPTION_KEY_MISSING:
    'A worker or command without `SYNCLINE_KEY`; a key file that others can read; a key that was renewed without keeping the old one behind it.',
  SEALED_DATA_DAMAGED:
    'A vault file that was edited or merged by hand; a damaged disk; a row that was copied to another place.',
  PAYLOAD_TOO_LARGE: 'A defect of the engine.',
  INTERNAL: 'A defect of the engine or of a rule of your own.',
  QUOTA_SPENT:
    'A first full read of much data; a `perDay` that is lower than what the system allows; another program that uses the same account.',
  CONNECTION_DOWN: 'An outage or a maintenance of the system; a network that is cut.',
  ADDRESS_REFUSED:
    'A system in your own network whose connection does not say so; a host name that was made to point elsewhere; an `http://` address of another machine.',
  FIELD_UNKNOWN: "The source has a new field; `contract: 'reject'` in the sync file. See [drift.md](drift.md).",
  SCHEMA_DRIFT: 'The source renamed, removed or retyped a field; a new version of its API. See [drift.md](drift.md).',
  RUN_OPEN: "A schedule with `overlap: 'buffer one'`; a run of a range beside one that is under way.",
  RECORD_TOO_DEEP: 'A tree or a chain of replies that is sent as one record; an attack.',
};
