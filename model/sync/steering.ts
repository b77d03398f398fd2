import type { Parked, RunState } from './run-state.ts';

/** What a person can ask of an open run. Free of imports of the world, so that workflow code can use it. */
export type Verb = 'retry' | 'skip' | 'pause' | 'resume' | 'abort';

export interface Choice {
  readonly verb: 'retry' | 'skip' | 'abort';
  /** What comes of it, as the end of "`verb` …". */
  readonly does: string;
}

/** What a person can answer to a run that is parked, and what each answer does. */
export function choicesOf(parked: Pick<Parked, 'step' | 'code'>): readonly Choice[] {
  const skip = skipDoes(parked);
  return [
    { verb: 'retry', does: retryDoes(parked) },
    ...(skip === null ? [] : [{ verb: 'skip' as const, does: skip }]),
    { verb: 'abort', does: 'ends the run and leaves the cursor where it was' },
  ];
}

function retryDoes({ step, code }: Pick<Parked, 'step' | 'code'>): string {
  if (code === 'DELETE_GUARD') return 'deletes in the destination what is gone from the source';
  if (code === 'OUTCOME_UNKNOWN') return 'sends the write in doubt again';
  return `tries the step \`${step}\` again`;
}

/** Null where there is nothing to skip: leaving out a batch would break conservation (invariant 1). */
function skipDoes({ step, code }: Pick<Parked, 'step' | 'code'>): string | null {
  if (step === 'remove') return 'leaves in the destination what is gone from the source';
  if (code === 'SCHEMA_DRIFT') return 'goes on with the records as they are';
  return code === 'OUTCOME_UNKNOWN' ? 'counts the write in doubt as done' : null;
}

/** Why a run cannot do what is asked of it just now, with what could be asked instead; null when it can. */
export function refusalOf(verb: Verb, state: RunState): string | null {
  if (state.stage === 'closing' || state.stage === 'closed') return 'the run is ending: there is nothing left to steer';
  const { parked, waiting, paused } = state;
  switch (verb) {
    case 'retry':
      if (parked || waiting) return null;
      return paused
        ? 'the run is paused, and no step of it has failed: `resume` lets it go on'
        : 'no step of the run has failed: it is at work';
    case 'skip':
      if (!parked) return 'the run does not wait for a person';
      return skipDoes(parked) === null
        ? `there is nothing to skip after ${parked.code} in ${parked.step}: \`retry\` or \`abort\``
        : null;
    case 'pause':
      return paused ? 'the run is paused already' : null;
    case 'resume':
      if (paused) return null;
      return parked ? 'the run is parked, not paused: `retry` tries again' : 'the run is not paused';
    case 'abort':
      return null;
  }
}

/** What a run says when it has been asked and does it. `state` is from before. */
export function answerOf(verb: Verb, { parked, waiting, stage }: RunState): string {
  const choice = parked ? choicesOf(parked).find((one) => one.verb === verb) : undefined;
  switch (verb) {
    case 'retry':
    case 'skip':
      if (parked && choice) return `goes on after ${parked.code}: ${choice.does.replaceAll('`', '')}`;
      return `tries ${waiting?.step ?? 'the step'} again now`;
    case 'pause':
      return stage === 'opening' ? 'holds before its first batch' : 'holds as soon as the batch under way is done';
    case 'resume':
      return 'goes on';
    case 'abort':
      return 'is being ended; the cursor stays where it was';
  }
}

/** Where a step failed, in words: `fetch of batch 3, at the source shop`. */
export function whereOf({ step, batch, place }: Pick<Parked, 'step' | 'batch' | 'place'>): string {
  const what = batch === null ? step : `${step} of batch ${batch}`;
  return place ? `${what}, at the ${place.side} ${place.connection}` : what;
}
