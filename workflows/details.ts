import { failures, isFailureCode } from '../model/failure.ts';
import type { Parked, RunState } from '../model/run-state.ts';

/** The current details of a run in the Temporal UI: Markdown for people. Pure. */
export function detailsOf(state: RunState, elapsedMs: number): string {
  const { counts, batches } = state;
  const seconds = elapsedMs / 1000;
  const rate = seconds > 1 ? ` · ${Math.round(counts.fetched / seconds).toLocaleString('en')} records/s` : '';
  return [
    `### ${headline(state)}`,
    state.source === null
      ? ''
      : `${state.source} → ${state.destination} · ${state.mode} · class ${state.deliveryClass}`,
    '',
    '| fetched | delivered | unchanged | filtered | quarantined | superseded |',
    '|---:|---:|---:|---:|---:|---:|',
    `| ${state.fetched} | ${counts.delivered} | ${counts.unchanged} | ${counts.filtered} | ${counts.quarantined} | ${counts.superseded} |`,
    '',
    `${batches.delivered} of ${batches.fetched} batches delivered${rate}`,
    ...(state.parked ? parkedLines(state.parked) : []),
  ].join('\n');
}

function headline(state: RunState): string {
  if (state.parked) return `Waits for a person: ${state.parked.code}`;
  if (state.paused) return 'Paused';
  return { opening: 'Opening', syncing: 'Syncing', reconciling: 'Reconciling', closing: 'Closing', closed: 'Ended' }[
    state.stage
  ];
}

function parkedLines(parked: Parked): string[] {
  const kind = isFailureCode(parked.code) ? failures[parked.code] : undefined;
  const where = parked.batch === null ? parked.step : `${parked.step} of batch ${parked.batch}`;
  return [
    '',
    `**${parked.code}** in ${where} since ${parked.since}: ${parked.message}`,
    ...(kind ? ['', `${kind.meaning} ${kind.todo}`] : []),
    '',
    'Send a signal: `retry` tries this step again, `abort` ends the run and leaves the cursor where it was.',
    ...(parked.step === 'remove' ? ['`skip` leaves in the destination what is gone from the source.'] : []),
    ...(parked.code === 'OUTCOME_UNKNOWN' && parked.step !== 'remove'
      ? ['`retry` sends the write in doubt again; `skip` counts it as done.']
      : []),
  ];
}
