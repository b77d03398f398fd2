import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { RunState } from '../model/sync/run-state.ts';
import { answerOf, refusalOf, type Verb } from '../model/sync/steering.ts';
import type { RunControl } from './control.ts';
import {
  abortSignal,
  abortUpdate,
  pauseSignal,
  pauseUpdate,
  resumeSignal,
  resumeUpdate,
  retrySignal,
  retryUpdate,
  skipSignal,
  skipUpdate,
  statusQuery,
  waitsSignal,
} from './messages.ts';

/** What a run that is listened for can say and do. */
export interface Listener {
  readonly control: RunControl;
  state(): RunState;
  /** Has the steps that wait tried again at once. */
  hurry(): Promise<void>;
}

/**
 * Begins to hear. A signal may have come before the run began: everything it touches has to be there by now. Signals
 * are taken whatever the run does, as the Temporal UI sends them blindly; updates are refused where they make no sense.
 */
export function listen(run: Listener): void {
  const { control } = run;
  const acts: Readonly<Record<Verb, () => void | Promise<void>>> = {
    retry: () => (control.parked || !control.waiting ? control.answer('retry') : run.hurry()),
    skip: () => control.answer('skip'),
    pause: () => control.pause(true),
    resume: () => control.pause(false),
    abort: () => control.abort(),
  };
  setHandler(statusQuery, () => run.state());
  setHandler(waitsSignal, (waiting) => control.waits(waiting));
  setHandler(retrySignal, acts.retry);
  setHandler(skipSignal, acts.skip);
  setHandler(pauseSignal, acts.pause);
  setHandler(resumeSignal, acts.resume);
  setHandler(abortSignal, acts.abort);
  const answered = (update: typeof retryUpdate, verb: Verb) => {
    const handler = async () => {
      const answer = answerOf(verb, run.state());
      await acts[verb]();
      return answer;
    };
    setHandler(update, handler, { validator: () => refuse(refusalOf(verb, run.state())) });
  };
  answered(retryUpdate, 'retry');
  answered(skipUpdate, 'skip');
  answered(pauseUpdate, 'pause');
  answered(resumeUpdate, 'resume');
  answered(abortUpdate, 'abort');
}

function refuse(reason: string | null): void {
  if (reason !== null) throw ApplicationFailure.nonRetryable(reason, REFUSED);
}

/** The type of the failure with which an update is refused. */
export const REFUSED = 'REFUSED';
