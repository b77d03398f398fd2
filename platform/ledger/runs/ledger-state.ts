import { isoTime } from '../sql/sql.ts';

/** How far a sync has come by its ledger's word. */
export interface LedgerState {
  /** The number of its last writer; it never falls while a ledger lives. */
  readonly fence: number;
  /** Of the tables and of the server that holds them: another one after a restart, or when a dump was restored. */
  readonly incarnation: string;
  readonly recovering: boolean;
  /** When it last began to recover; ISO 8601. */
  readonly recoveredAt: string | null;
}

/** The same as an expression over a row of `syncs`. */
export const LEDGER_STATE = `jsonb_build_object('fence', fence,
  'incarnation', pg_postmaster_start_time() || '/' || 'syncs'::regclass::oid,
  'recovering', recovering_since is not null, 'recoveredAt', ${isoTime('recovered_at')})`;
