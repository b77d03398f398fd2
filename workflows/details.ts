import { adviceFor } from '../model/failure/advice.ts';
import { isFailureCode } from '../model/failure/failure.ts';
import type { Parked, RunState, WaitingStep } from '../model/sync/run-state.ts';
import { choicesOf, whereOf } from '../model/sync/steering.ts';

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
    ...(state.parked ? parkedLines(state.sync, state.parked) : []),
    ...(state.waiting && !state.parked ? waitingLines(state.sync, state.waiting) : []),
    ...(state.paused ? ['', 'Send the signal `resume` to let it go on, `abort` to end it.'] : []),
  ].join('\n');
}

function headline(state: RunState): string {
  if (state.parked) return `Waits for a person: ${state.parked.code}`;
  if (state.paused) return 'Paused';
  if (state.waiting) return `Waits and goes on by itself: ${state.waiting.code}`;
  return { opening: 'Opening', syncing: 'Syncing', reconciling: 'Reconciling', closing: 'Closing', closed: 'Ended' }[
    state.stage
  ];
}

function parkedLines(sync: string, parked: Parked): string[] {
  return [
    '',
    `**${parked.code}** in ${whereOf(parked)}, since ${parked.since}: ${parked.message}`,
    ...meaningLines(sync, parked.code),
    '',
    'Send a signal (none needs an input):',
    '',
    ...choicesOf(parked).map(({ verb, does }) => `- \`${verb}\` ${does}`),
  ];
}

function waitingLines(sync: string, waiting: WaitingStep): string[] {
  return [
    '',
    `**${waiting.code}** in ${whereOf(waiting)}, since ${waiting.since}, attempt ${waiting.attempt}: ${waiting.message}`,
    ...meaningLines(sync, waiting.code),
    '',
    waiting.nextAttempt === null
      ? '*Pending Activities* has the time of the next attempt.'
      : `Next attempt: ${waiting.nextAttempt}.`,
    'Nothing needs to be done. The signal `retry` tries at once, `abort` ends the run.',
  ];
}

function meaningLines(sync: string, code: string): string[] {
  if (!isFailureCode(code)) return [];
  const { meaning, causes, todo } = adviceFor(code, sync);
  return ['', `${meaning} Likely causes: ${lowerFirst(causes)}`, '', `**What to do:** ${todo}`];
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
