import { z } from 'zod';
import { call } from '../contracts/call.ts';
import { lastWrite } from '../contracts/last-write.ts';
import { quarantineEntry } from '../contracts/quarantine-entry.ts';
import { unagreedEntry } from '../contracts/unagreed-entry.ts';
import { lineage } from './lineage.ts';

/** Everything that is known of a record without asking a system. */
export const explained = z.object({
  sync: z.string(),
  key: z.string(),
  /** `never seen`: neither ledger nor quarantine has it. */
  state: z.enum([...lastWrite.shape.state.options, 'set aside', 'never seen']),
  write: lastWrite.nullable(),
  /** Latest first. */
  quarantine: z.array(quarantineEntry).readonly(),
  /** What reading back found of it that both sides do not agree on, or that a person has given up. */
  unagreed: unagreedEntry.nullable(),
  lineage: lineage.nullable(),
  /** Of the journal, latest first: calls that carried the record, and those that fetched the batch it was delivered in. */
  calls: z.object({ delivered: z.array(call).readonly(), fetched: z.array(call).readonly() }),
  /** What cannot be said, and why. */
  unknown: z.array(z.string()).readonly(),
});
export type Explained = z.output<typeof explained>;
