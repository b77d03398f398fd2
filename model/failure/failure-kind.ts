import type { Help } from '../operation/operation-name.ts';
import type { ExitName } from './exit-code.ts';

/**
 * What the engine does next, which is the first thing a failure says:
 * - `retry`: try again with backoff
 * - `wait`: try again, not before the time the other side named; not counted as a failure
 * - `set-aside`: only this record goes to quarantine, the rest flow on
 * - `park`: the run waits for a person
 * - `stop`: the run ends as failed
 * - `refuse`: an operation does nothing of what it was asked; no run meets it
 */
export type NextAction = 'retry' | 'wait' | 'set-aside' | 'park' | 'stop' | 'refuse';

/** Everything that is known of a failure. Texts name operations in braces: each face writes them in its own words. */
export interface FailureKind {
  readonly next: NextAction;
  /** One sentence: what it means. */
  readonly meaning: string;
  /** What usually lies behind it, the likeliest first; one sentence or a list with semicolons. */
  readonly causes: string;
  /** One sentence: what a person does about it. */
  readonly todo: string;
  /** Operations that help, in this order. */
  readonly helps: readonly Help[];
  /** How a program ends that met it. */
  readonly exit: ExitName;
  /** The status of an HTTP answer that says it. */
  readonly http: number;
}
