import type { RunSummary } from '../../platform/ledger/runs/reports.ts';

/** What the last complete read fetched: how much a full run has to expect. Latest first. */
export const expectedRecords = (runs: readonly RunSummary[]): number | undefined =>
  runs.find(({ mode, status }) => mode === 'full' && (status === 'succeeded' || status === 'partial'))?.counts?.fetched;
