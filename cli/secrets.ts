import { Command } from 'commander';
import { DURATION_GRAMMAR, parseDurationMs } from '../model/text/duration.ts';
import { listSecrets } from '../operations/secrets/list.ts';
import { removeSecret } from '../operations/secrets/remove.ts';
import { rotateSecret } from '../operations/secrets/rotate.ts';
import { rotateVaultKey } from '../operations/secrets/rotate-key.ts';
import { setSecret } from '../operations/secrets/set.ts';
import type { VaultListing } from '../platform/secrets/vault-edit.ts';
import { type CliContext, contextOf } from './context.ts';
import { usage } from './errors.ts';
import { givenValue, refuseArgument } from './secrets/value.ts';

export function secretsCommand(): Command {
  return new Command('secrets')
    .summary("keep secrets in the project's encrypted vault")
    .description(
      'The vault is a file of the project, vault.json, encrypted entry by entry with the key of the engine (SYNCLINE_KEY, ' +
        'SYNCLINE_KEY_FILE, or .syncline/key). A connection refers to an entry as { vault: NAME }. No command prints a value.',
    )
    .addCommand(setCommand())
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(removeCommand())
    .addHelpText(
      'after',
      `
Examples:
  syncline secrets set shop-token < token.txt          from a file, or from a pipe
  syncline secrets set shop-token --env SHOP_TOKEN     from a variable
  syncline secrets rotate shop-token --overlap '2 h' < new.txt
                                                       the value before is tried too, for two hours
  syncline secrets rotate --key                        everything anew, with the first key of SYNCLINE_KEY
  syncline secrets list`,
    );
}

interface ValueOptions {
  readonly env?: string;
}

const withSource = (command: Command): Command =>
  command.allowExcessArguments().option('--env <name>', 'take the value from this variable, not from standard input');

const setCommand = (): Command =>
  withSource(new Command('set').description('Sets an entry. What it held before is gone.').argument('<name>')).action(
    async (name: string, options: ValueOptions, command: Command) => {
      const context = contextOf(command);
      refuseArgument(command.args);
      const value = await givenValue(options.env, context.env);
      told(context, await setSecret.perform(context, { name, value }), `set: refer to it as { vault: ${name} }`);
    },
  );

const rotateCommand = (): Command =>
  withSource(
    new Command('rotate')
      .description('Renews an entry. The value before is kept for the overlap, in which a 401 makes the engine try it.')
      .argument('[name]'),
  )
    .option('--overlap <duration>', 'how long the value before is tried too', '1 day')
    .option('--key', 'renew no value: seal every entry anew with the first key')
    .action(
      async (
        name: string | undefined,
        options: ValueOptions & { readonly overlap: string; readonly key?: boolean },
        command: Command,
      ) => {
        const context = contextOf(command);
        refuseArgument(command.args);
        if (options.key === true) return sealAnew(context, name);
        const overlapMs = parseDurationMs(options.overlap);
        if (overlapMs === undefined) throw usage(`--overlap: expected ${DURATION_GRAMMAR}`);
        if (name === undefined) throw usage('which entry? Name it, or use --key');
        const value = await givenValue(options.env, context.env);
        const entry = await rotateSecret.perform(context, { name, value, overlapMs });
        told(context, entry, `renewed; the value before is tried too for ${options.overlap}`);
      },
    );

async function sealAnew(context: CliContext, name: string | undefined): Promise<void> {
  if (name !== undefined) throw usage('--key concerns the whole vault: leave the name out');
  const { entries, key } = await rotateVaultKey.perform(context, {});
  context.out.result({ entries }, () =>
    context.out.line(`${entries.length} entries are sealed with the first key, ${key}`),
  );
}

const removeCommand = (): Command =>
  new Command('remove')
    .description('Removes an entry. A run that needs it waits with SECRET_MISSING.')
    .argument('<name>')
    .action(async (name: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const document = await removeSecret.perform(context, { name });
      context.out.result(document, () => context.out.line(`${name}: removed`));
    });

const listCommand = (): Command =>
  new Command('list')
    .description('Lists the entries: when they were set, and whether their key is at hand. Never a value.')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const { out } = context;
      const document = await listSecrets.perform(context, {});
      out.result(document, () => {
        const { entries } = document;
        if (entries.length === 0) return out.line('the vault of this project is empty');
        out.table(
          [
            { title: 'NAME', paint: out.style.name },
            { title: 'SET' },
            { title: 'VALUE BEFORE UNTIL' },
            { title: 'KEY' },
          ],
          entries.map(rowOf),
        );
      });
    });

const rowOf = ({ name, setAt, previousUntil, readable }: VaultListing): readonly string[] => [
  name,
  setAt,
  previousUntil ?? '-',
  readable ? 'at hand' : 'MISSING',
];

const told = ({ out }: CliContext, entry: VaultListing, words: string): void =>
  out.result(entry, () => out.line(`${entry.name}: ${words}`));
