import { type Command, InvalidArgumentError, Option } from 'commander';
import { failures, refusal } from '../../model/failure/failure.ts';
import { didYouMean } from '../../model/text/near-name.ts';
import { type EntryChoice, entryStates } from '../../platform/ledger/quarantine/entries.ts';
import { parseSince, parseWhole } from '../../platform/terminal/parse.ts';

/** What the options say, once parsed. */
export interface ChoiceOptions extends Omit<EntryChoice, 'state'> {
  readonly state?: EntryChoice['state'] | 'all';
}

/** Adds the options that narrow the choice of entries. */
export const withChoice = (command: Command): Command =>
  command
    .option('--code <code>', 'entries with this failure code', failureCode)
    .option('--field <path>', 'entries about this field, or one below it')
    .option('--rule <name>', 'entries that this rule rejected')
    .option('--key <key>', 'entries of this record')
    .option('--since <time>', 'entries set aside since: `2 hours` ago, or an ISO 8601 time', parseSince)
    .option('--until <time>', 'entries set aside before: `2 hours` ago, or an ISO 8601 time', parseSince)
    .option('--run <run>', 'entries that this run set aside')
    .option('--batch <number>', 'entries of the batch with this number', parseWhole(1, 1_000_000))
    .option('--limit <number>', 'at most so many', parseWhole(1, 1_000_000));

export const stateOption = (): Option =>
  new Option('--state <state>', 'entries in this state').choices([...entryStates, 'all']).default('open');

/** The choice without what is not given; `all` states are no narrowing. */
export function choiceOf({
  state,
  code,
  field,
  rule,
  key,
  since: from,
  until,
  run,
  batch,
  limit,
}: ChoiceOptions): EntryChoice {
  if (from !== undefined && until !== undefined && from > until) throw refusal('USAGE', '--until lies before --since');
  return {
    ...(state !== undefined && state !== 'all' && { state }),
    ...(code !== undefined && { code }),
    ...(field !== undefined && { field }),
    ...(rule !== undefined && { rule }),
    ...(key !== undefined && { key }),
    ...(from !== undefined && { since: from }),
    ...(until !== undefined && { until }),
    ...(run !== undefined && { run }),
    ...(batch !== undefined && { batch }),
    ...(limit !== undefined && { limit }),
  };
}

function failureCode(text: string): string {
  const code = text.toUpperCase().replaceAll('-', '_');
  if (Object.hasOwn(failures, code)) return code;
  throw new InvalidArgumentError(`It is no failure code.${didYouMean(code, Object.keys(failures))}`);
}
