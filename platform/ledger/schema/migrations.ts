/**
 * The ledger's schema, one entry per version, applied in order and never edited once released.
 * Column names are stored data: never renamed.
 */
export const migrations: readonly string[] = [
  `
create table syncs (
  id integer generated always as identity primary key,
  name text not null unique,
  -- {"kind":"time"|"number","value":n}: every record up to it is in a bucket (invariant 2)
  watermark jsonb,
  -- rises with every attempt that may write (invariant 7)
  fence bigint not null default 0,
  -- the open run; null when none
  holder text
);

create table runs (
  id text primary key,
  sync_id integer not null references syncs,
  workflow_id text not null,
  mode text not null,
  trigger text not null,
  sync_version text not null,
  since jsonb,
  status text not null,
  counts jsonb,
  reconciled jsonb,
  failure_code text,
  failure text,
  started_at timestamptz not null default now(),
  ended_at timestamptz
);
create index runs_by_sync on runs (sync_id, started_at desc);

create table batches (
  run text not null references runs on delete cascade,
  seq integer not null,
  state text not null,
  fetch_attempt integer not null default 0,
  records integer not null default 0,
  bytes bigint not null default 0,
  position_after jsonb,
  complete boolean not null default false,
  -- highest version among its records, as in syncs.watermark
  highest jsonb,
  counts jsonb,
  fetched_at timestamptz,
  delivered_at timestamptz,
  primary key (run, seq)
);

-- What was received, compressed. Gone when the run has ended.
create table staged (
  run text not null,
  seq integer not null,
  part integer not null,
  records integer not null,
  bytes integer not null,
  checksum uuid not null,
  position_after jsonb,
  body bytea not null,
  primary key (run, seq, part)
);
alter table staged alter column body set storage external;

-- What was written, of some records of each batch, to be compared with what is read back. Gone when the run has ended.
create table written (
  run text not null,
  seq integer not null,
  records bytea not null,
  primary key (run, seq)
);

-- One row per record and sync. Column order keeps a row at 72 bytes for keys of up to nine.
create table ledger (
  version bigint,
  intent bigint not null,
  sync_id integer not null,
  state "char" not null,
  hash uuid not null,
  key text collate "C" not null,
  -- null: the destination knows the record by the key
  destination_id text,
  primary key (sync_id, key)
);

create table intents (
  id bigint generated always as identity primary key,
  request_id uuid not null,
  run text not null,
  seq integer not null,
  state text not null,
  -- positions within the batch, four bytes each
  ordinals bytea,
  items integer not null,
  confirmed integer not null default 0,
  rejected integer not null default 0,
  fingerprint uuid not null,
  opened_at timestamptz not null default now(),
  decided_at timestamptz
);
create index intents_by_batch on intents (run, seq);

create table quarantine (
  id bigint generated always as identity primary key,
  sync_id integer not null references syncs,
  run text not null,
  seq integer not null,
  ordinal integer not null,
  stage text not null,
  key text,
  code text not null,
  field text,
  rule text,
  reason text not null,
  record text,
  state text not null default 'open',
  at timestamptz not null default now(),
  unique (run, seq, ordinal)
);
create index quarantine_by_sync on quarantine (sync_id, state, at desc);
`,
  `
alter table quarantine add column version bigint;
-- when it left the state "open", and by which run; null for a person's decision
alter table quarantine add column resolved_at timestamptz;
alter table quarantine add column resolved_by text;
create index quarantine_open on quarantine (sync_id, key) where state = 'open';

-- The entries that a replay run reads, in their order. Gone when the run has ended.
create table replays (
  run text not null,
  n integer not null,
  entry bigint not null,
  at timestamptz not null default now(),
  primary key (run, n)
);

-- The keys that a complete read saw, as 64-bit hashes: a collision can only spare a record. Gone when the run has ended.
create table seen (
  run text not null,
  seq integer not null,
  hashes bigint[] not null,
  primary key (run, seq)
);

-- What a run has to delete, decided once. Gone when the run has ended.
create table deletions (
  run text not null,
  n integer not null,
  key text collate "C" not null,
  destination_id text,
  primary key (run, n)
);
`,
  `
-- What was planned, for a run that keeps to it: the fingerprint of what each batch would send.
create table plans (
  hash text primary key,
  sync text not null,
  full_read boolean not null,
  batches jsonb not null,
  made_at timestamptz not null default now()
);

-- Runs that may do only what was planned.
create table planned_runs (
  run text primary key,
  hash text not null
);

-- Repairs of records that the destination did not keep as they were sent: a record is not repaired for ever.
create table repairs (
  sync_id integer not null references syncs,
  key text collate "C" not null,
  hash uuid not null,
  times integer not null default 1,
  at timestamptz not null default now(),
  primary key (sync_id, key)
);
`,
  `
-- The version that a record had in the destination when it was last written, such as an ETag, where that has one.
create table tags (
  sync_id integer not null references syncs,
  key text collate "C" not null,
  tag text not null,
  primary key (sync_id, key)
);

-- Records of a request that the destination had in a newer version.
alter table intents add column superseded integer not null default 0;

-- The most records that the destination took in one request, learned from what it refused as too large.
alter table syncs add column request_records integer;
alter table syncs add column request_records_at timestamptz;
`,
  `
-- OAuth tokens of connections, encrypted (platform/crypto). The row is the lock under which they are renewed.
create table tokens (
  connection text primary key,
  -- rises with every writing
  generation bigint not null default 0,
  sealed bytea,
  renewed_at timestamptz
);
`,
  `
-- The journal: each request of a connection. What may hold data of records is in detail: compressed and sealed.
create table calls (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  keep_until timestamptz not null,
  request_bytes bigint not null,
  response_bytes bigint not null,
  batch integer,
  status integer,
  ms integer not null,
  bytes integer not null,
  lost_before integer not null default 0,
  bodies_dropped boolean not null,
  connection text not null,
  sync text,
  run text,
  step text,
  method text not null,
  route text not null,
  code text,
  -- 64-bit hashes of the keys that the request carried
  keys bigint[],
  detail bytea
);
alter table calls alter column detail set storage external;
create index calls_by_connection on calls (connection, id);
create index calls_by_sync on calls (sync, id);
create index calls_by_run on calls (run, batch);
create index calls_by_end on calls (keep_until);
`,
  `
-- The tick of a schedule that began the run; null when somebody did.
alter table runs add column scheduled_for timestamptz;
-- A run over a range reads nothing beyond this version; null for any other run.
alter table runs add column until jsonb;

-- Since when ticks of its schedule are to be accounted for; null before it was ever scheduled.
alter table syncs add column scheduled_since timestamptz;

-- Ticks of schedules that began no run.
create table ticks (
  sync_id integer not null references syncs,
  at timestamptz not null,
  outcome text not null,
  -- the run that was open
  run text,
  noted_at timestamptz not null default now(),
  primary key (sync_id, at)
);

-- Starts under a key of the caller's own: the same key is the same run.
create table triggers (
  sync text not null,
  key text not null,
  run text not null,
  -- what was asked for, to tell a repetition from a mistake
  request text not null,
  at timestamptz not null default now(),
  primary key (sync, key)
);

-- Where the watermark has stood, and which run moved it there: a run can read again from any of them.
create table watermarks (
  sync_id integer not null references syncs,
  run text not null,
  watermark jsonb not null,
  at timestamptz not null default now(),
  primary key (sync_id, run)
);
`,
  `
-- What all workers know together of a connection: its limits as far as they are used up, and whether it is down.
create table connections (
  name text primary key,
  version bigint not null default 0,
  state jsonb not null,
  at timestamptz not null default now()
) with (fillfactor = 50);
`,
  `
-- What the records of a sync look like, by field: in how many of the objects that could have it, it was there.
create table shapes (
  sync_id integer not null references syncs,
  field text not null,
  seen bigint not null,
  present bigint not null,
  -- the version of the mapping for which a person went on with the field as it was
  accepted_for text,
  primary key (sync_id, field)
);

-- How the records of a batch differed from their schema, or from what they used to be.
create table drifts (
  run text not null references runs on delete cascade,
  seq integer not null,
  field text not null,
  change text not null,
  found text not null,
  records integer not null,
  of integer not null,
  breaking boolean not null,
  primary key (run, seq, field, change)
);
`,
  `
-- The certificate that a host of a connection last showed.
create table certificates (
  connection text not null,
  host text not null,
  valid_to timestamptz not null,
  seen_at timestamptz not null,
  primary key (connection, host)
);
`,
  `
-- The records that a run reads, chosen by key before it began. Gone when the run has ended.
create table chosen_keys (
  run text not null,
  n integer not null,
  key text collate "C" not null,
  primary key (run, n)
);
`,
  `
-- Set while the ledger may know less than the destination: it was restored from an older copy.
alter table syncs add column recovering_since timestamptz;
`,
  `
-- A person holds the sync: a run that begins waits before its first batch.
alter table syncs add column paused_at timestamptz;
alter table syncs add column pause_note text;
`,
  `
-- The fingerprint of what a planned run may delete; null: nothing.
alter table plans add column deletes text;
`,
  `
-- The answers of people to a batch in doubt that a step has taken: each decides once, however often its step begins.
create table answers (
  run text not null references runs on delete cascade,
  seq integer not null,
  number integer not null,
  taken_at timestamptz not null default now(),
  primary key (run, seq, number)
);
`,
  `
-- Records of the destination that the ledger does not know and that a run may remove, chosen before it began. Gone when
-- the run has ended.
create table chosen_extras (
  run text not null,
  key text collate "C" not null,
  id text not null,
  primary key (run, key)
);
`,
  `
-- How the body of a staged page is compressed.
alter table staged add column form text not null default 'deflate';
`,
  `
-- What a run found odd without failing of it. seq: the batch, or 0 for the run as a whole.
create table notices (
  run text not null references runs on delete cascade,
  seq integer not null,
  code text not null,
  subject text not null,
  records bigint not null,
  detail text not null,
  primary key (run, seq, code, subject)
);
create index notices_by_subject on notices (code, subject);
`,
  `
-- Records that were confirmed, and that reading back found missing or different; until both sides agree, or a person
-- gives them up.
create table unagreed (
  sync_id integer not null references syncs,
  key text collate "C" not null,
  -- of what was sent, and the version that it had
  hash uuid not null,
  version bigint,
  finding text not null,
  -- what was sent, as JSON; null once it was given up
  written text,
  -- how often this content was found so
  times integer not null default 1,
  -- the run that found it last
  run text not null,
  found_at timestamptz not null default now(),
  given_up_at timestamptz,
  reason text,
  primary key (sync_id, key)
);
create index unagreed_open on unagreed (sync_id, key) where given_up_at is null;

-- Fields that the destination changes in most records that it is sent.
create table altered (
  sync_id integer not null references syncs,
  field text not null,
  change text not null,
  records bigint not null,
  run text not null,
  primary key (sync_id, field)
);
`,
  `
-- The source shifted while it was read: the batches after this one read it again from its start.
alter table batches add column reads_again boolean not null default false;
`,
  `
-- Finds the record that a row of the destination belongs to, where that is not known by the key.
create index ledger_by_destination_id on ledger (sync_id, destination_id, key) where destination_id is not null;
`,
  `
-- What the clock of the source showed when it gave a page; of a batch, its first page. In ms since 1970.
alter table staged add column as_of double precision;
alter table batches add column as_of double precision;
-- Where the watermark stood when the run began, as in syncs.watermark.
alter table runs add column watermark_before jsonb;
-- The watermark that was stored then and was not used, since it lay beyond the clock.
alter table runs add column watermark_ahead jsonb;
`,
  `
-- When the sync last began to recover from a ledger that was older than its destination.
alter table syncs add column recovered_at timestamptz;
update syncs set recovered_at = recovering_since;
`,
  `
-- The content that the row had before its last change; null: none, or not known.
alter table ledger add column hash_before uuid;
-- Set while one read has several records with its key: which of them counts is decided when all have been read.
alter table ledger add column repeats boolean;

-- Records of a run whose key repeats in it, batches apart. Gone when the run has ended.
create table repeated (
  run text not null,
  key text collate "C" not null,
  seq integer not null,
  ordinal integer not null,
  version bigint,
  -- the first that was noted of its key, after an earlier batch of the run had delivered another one
  again boolean not null,
  -- whether it is the one of its key that counts; null: not decided yet
  chosen boolean,
  -- what was chosen of its batch has been delivered, and the batch counted anew
  delivered boolean not null default false,
  primary key (run, key, seq, ordinal)
);
create index repeated_chosen on repeated (run, seq) where chosen;

-- What only the step that closed it knew of its counts, of a batch that is counted anew when all has been read.
alter table batches add column remainder jsonb;
`,
];
