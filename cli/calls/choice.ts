import type { Command } from 'commander';
import { type CallChoice, LISTED } from '../../operations/calls/list.ts';
import { parseSince, parseWhole } from '../../platform/terminal/parse.ts';

/** What the options say, once parsed. */
export interface CallOptions {
  readonly status?: number;
  readonly key?: string;
  readonly run?: string;
  readonly batch?: number;
  readonly step?: string;
  readonly slow?: number;
  readonly since?: string;
  readonly failed?: boolean;
  readonly limit?: number;
}

/** Adds the options that narrow the choice of calls. */
export const withCallChoice = (command: Command): Command =>
  command
    .option('--status <status>', 'calls that were answered with this status', parseWhole(100, 599))
    .option('--failed', 'calls that failed, were answered with 400 or more, or got no answer')
    .option('--key <key>', 'calls that carried this record, or asked for it by its key')
    .option('--run <run>', 'calls of this run')
    .option('--batch <number>', 'calls of this batch of a run', parseWhole(0, 1_000_000_000))
    .option('--step <step>', 'calls of this step, such as `fetchBatch` or `deliverBatch`')
    .option('--slow <ms>', 'calls that took at least so many milliseconds', parseWhole(0, 86_400_000))
    .option('--since <time>', 'calls since: `2 hours` ago, or an ISO 8601 time', parseSince)
    .option('--limit <number>', `at most so many (default: ${LISTED})`, parseWhole(1, 10_000));

export const callChoiceOf = ({ slow, ...options }: CallOptions): CallChoice => ({
  ...options,
  ...(slow !== undefined && { slowMs: slow }),
});
