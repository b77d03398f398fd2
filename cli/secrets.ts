import { Command } from 'commander';
import { vaultName } from '../model/connection/secret.ts';
import { isSyncFailure, refusal } from '../model/failure/failure.ts';
import { DURATION_GRAMMAR, parseDurationMs } from '../model/text/duration.ts';
import { didYouMean } from '../model/text/near-name.ts';
import { engineKeys, ensureEngineKey } from '../platform/crypto/engine-keys.ts';
import type { Keyring } from '../platform/crypto/keyring.ts';
import {
  editVault,
  listed,
  type VaultListing,
  withNewKey,
  withoutEntry,
  withRenewed,
  withValue,
} from '../platform/secrets/vault-edit.ts';
import { readVault, type Vault } from '../platform/secrets/vault-file.ts';
import { createStateFolder } from '../stack/state-folder.ts';
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
      const ring = await writingKeys(context);
      const value = await givenValue(options.env, context.env);
      const vault = await edit(context, (before) => withValue(before, named(name), value, ring, Date.now()));
      told(context, vault, ring, name, `set: refer to it as { vault: ${name} }`);
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
        const ring = await writingKeys(context);
        const value = await givenValue(options.env, context.env);
        const times = { nowMs: Date.now(), overlapMs };
        const vault = await edit(context, (before) => withRenewed(before, known(before, name), value, ring, times));
        told(context, vault, ring, name, `renewed; the value before is tried too for ${options.overlap}`);
      },
    );

async function sealAnew(context: CliContext, name: string | undefined): Promise<void> {
  if (name !== undefined) throw usage('--key concerns the whole vault: leave the name out');
  const ring = await writingKeys(context);
  const vault = await edit(context, (before) => withNewKey(before, ring));
  const entries = listed(vault, ring);
  context.out.result({ entries }, () =>
    context.out.line(`${entries.length} entries are sealed with the first key, ${ring.current}`),
  );
}

const removeCommand = (): Command =>
  new Command('remove')
    .description('Removes an entry. A run that needs it waits with SECRET_MISSING.')
    .argument('<name>')
    .action(async (name: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      await edit(context, (before) => withoutEntry(before, known(before, name)));
      context.out.result({ removed: name }, () => context.out.line(`${name}: removed`));
    });

const listCommand = (): Command =>
  new Command('list')
    .description('Lists the entries: when they were set, and whether their key is at hand. Never a value.')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const { out } = context;
      const ring = await engineKeys(context.env, context.projectFolder);
      const entries = listed(await readVault(context.projectFolder), ring);
      out.result({ entries }, () => {
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

function told({ out }: CliContext, vault: Vault, ring: Keyring, name: string, words: string): void {
  const entry = listed(vault, ring).find((one) => one.name === name);
  out.result(entry, () => out.line(`${name}: ${words}`));
}

/** The keys to seal with. A project without any gets its own, as the embedded stack would make it. */
async function writingKeys({ projectFolder, env, progress }: CliContext): Promise<Keyring> {
  const ring = await engineKeys(env, projectFolder);
  const isNew = Object.keys((await readVault(projectFolder)).entries).length === 0;
  if (ring.current !== null || !isNew) return ring;
  await createStateFolder(projectFolder);
  await ensureEngineKey(env, projectFolder);
  progress.note('A key was made: .syncline/key. Keep a copy of it: without it nobody can read the vault.');
  return engineKeys(env, projectFolder);
}

async function edit({ projectFolder }: CliContext, change: (vault: Vault) => Vault): Promise<Vault> {
  try {
    return await editVault(projectFolder, change);
  } catch (error) {
    if (!isSyncFailure(error) || error.code !== 'FILE_BUSY') throw error;
    throw refusal('VAULT_BUSY', 'another command is writing the vault', { todo: 'Try again.' });
  }
}

/** A name as it has to be. What was given is not repeated: it may be a value in the wrong place. */
function named(name: string): string {
  if (vaultName.safeParse(name).success) return name;
  throw usage('the name of an entry has 1 to 64 of a-z, 0-9, `.`, `-` and `_`');
}

function known(vault: Vault, name: string): string {
  if (Object.hasOwn(vault.entries, named(name))) return name;
  const names = Object.keys(vault.entries);
  const hint = didYouMean(name, names) || ' `syncline secrets list` lists them.';
  throw usage(`the vault has no entry of this name.${hint}`);
}
