import { terminalCommand, terminalText } from '../operation/terminal-words.ts';
import { type FailureCode, failures } from './failure.ts';
import type { FailureKind, NextAction } from './failure-kind.ts';

/** Everything that is said about a failure, wherever it is said: terminal, run details, runbook, `docs/failures.md`. */
export interface Advice {
  readonly code: FailureCode;
  readonly next: NextAction;
  readonly meaning: string;
  readonly causes: string;
  /** What the engine does by itself. */
  readonly byItself: string;
  /** What a person does. */
  readonly todo: string;
  /** To paste, in this order. */
  readonly commands: readonly string[];
}

/** What the engine does by itself after a failure. */
export const byItself: Readonly<Record<NextAction, string>> = {
  retry: 'The engine tries again by itself, with growing pauses.',
  wait: 'The engine waits until the time that the system named, and goes on by itself.',
  'set-aside': 'Only this record goes to quarantine; the others flow on.',
  park: 'The run waits for a person. Nothing is lost meanwhile.',
  stop: 'The run ends as failed. The cursor stays where it was.',
  refuse: 'Nothing: what was asked was not done, and no run is concerned.',
};

/** The advice on a failure of a sync, in the words of the terminal. Pure. */
export function adviceFor(code: FailureCode, sync = 'SYNC'): Advice {
  const { next, meaning, causes, todo, helps }: FailureKind = failures[code];
  const subject = { sync, code };
  return {
    code,
    next,
    meaning,
    causes: terminalText(causes, subject),
    byItself: byItself[next],
    todo: terminalText(todo, subject),
    commands: helps.map((help) => terminalCommand(help, subject)),
  };
}
