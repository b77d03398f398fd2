import type { CallUse } from '../model/connection/call.ts';
import type { Destination } from '../model/connector/connector.ts';
import { isSyncFailure } from '../model/failure/failure.ts';
import type { Mapping } from '../model/mapping/mapping.ts';
import { hiddenFields } from '../model/record/field-marks.ts';
import { deliveryClass } from '../model/sync/delivery.ts';
import type { Policy } from '../model/sync/policy.ts';
import type { EndpointWorld, LoadedSync } from '../model/sync/project.ts';
import { deleteLimitsOf, type Sync } from '../model/sync/sync.ts';
import type { Problem } from '../model/text/problem.ts';
import { property } from './connectors.ts';
import { unreachableWorld } from './delivery.ts';
import { checkMapping, type FoundMapping } from './mappings.ts';
import type { LoadedCode } from './modules.ts';
import { type CheckedEndpoint, checkEndpoint, type Systems } from './sync-endpoint.ts';
import { checkAltered, checkComparable, checkKey, checkMark, checkVersion, holdsNumbers } from './sync-fields.ts';
import { SyncProblems } from './sync-problems.ts';
import { checkSchedule } from './sync-schedule.ts';
import { type SyncShape, syncShape } from './sync-shape.ts';
import { syncVersion } from './sync-version.ts';

const defaultOverlapMs = 300_000;
/** Clocks and late commits differ by less than this in well-kept systems. */
const ordinarySkewMs = 60_000;

const syncName = /^[a-z0-9-]{1,64}$/;

export interface CheckedSync {
  readonly loaded?: LoadedSync;
  /** Connections that it names, whether it is sound or not. */
  readonly uses: readonly string[];
  /** The version of its mapping. */
  readonly mapping?: string;
  readonly problems: readonly Problem[];
}

/** What a sync is checked against. */
export interface SyncContext extends Systems {
  /** Those of mappings/, by version. */
  readonly mappings: ReadonlyMap<string, FoundMapping>;
}

/** One file of syncs/ against the systems of the project. */
export function checkSync(file: string, module: LoadedCode, systems: SyncContext): CheckedSync {
  const name = file.replace(/^.*\//, '').replace(/\.[a-z]+$/, '');
  const problems = new SyncProblems(name, file, module.text);
  if (!syncName.test(name))
    problems.error(
      'NAME_INVALID',
      [],
      'a sync has the name of its file; allowed are 1 to 64 of a-z, 0-9 and `-`.',
      'Rename the file.',
    );
  const exported = module.exports['default'];
  if (exported === undefined) {
    problems.error('EXPORT_MISSING', [], 'it has no default export.', 'Write `export default defineSync({ … })`.');
    return { uses: [], problems: problems.found };
  }
  const parsed = syncShape.safeParse(exported);
  if (!parsed.success) problems.schema(parsed.error.issues, { schema: syncShape, value: exported });
  const parts = soundParts(exported);
  const source = parts.source && checkEndpoint('source', parts.source, systems, problems);
  const destination = parts.destination && checkEndpoint('destination', parts.destination, systems, problems);
  if (parts.mapping) checkMapped(parts.mapping, parts, { file, text: module.text, systems, problems });
  const uses = [parts.source, parts.destination].flatMap((endpoint) => (endpoint ? [endpoint.connection] : []));
  const schedule = parts.schedule && checkSchedule(parts.schedule, problems, Date.now());
  const facts = { uses, ...(parts.mapping && { mapping: parts.mapping.version }), problems: problems.found };
  if (!parsed.success || !source || !destination || problems.hasErrors) return facts;
  const loaded = {
    ...assemble(name, file, exported as Sync, parsed.data, source, destination),
    ...(schedule && { schedule }),
  };
  const checked = checkAbilities(loaded, parsed.data, problems);
  return { ...facts, ...(checked && !problems.hasErrors && { loaded: checked }) };
}

/** The mapping, and the fields of its source schema that the sync needs. */
function checkMapped(
  mapping: Mapping,
  { key = [], version, destinationAlters = [] }: Partial<SyncShape>,
  where: { file: string; text: string; systems: SyncContext; problems: SyncProblems },
): void {
  const keys = typeof key === 'string' ? [key] : key;
  const found = where.systems.mappings.get(mapping.version) ?? { mapping, file: where.file, text: where.text };
  where.problems.found.push(...checkMapping(found, version === undefined ? keys : [...keys, version]));
  checkKey(keys, mapping.from, where.problems);
  if (version !== undefined) checkVersion(version, mapping.from, where.problems);
  checkAltered(destinationAlters, mapping.to, where.problems);
}

/** The parts of a sync that have the right shape, whatever is wrong with the others. */
function soundParts(exported: unknown): Partial<SyncShape> {
  const { source, destination, key, version, mapping, destinationAlters, schedule } = syncShape.shape;
  const sound = Object.entries({ source, destination, key, version, mapping, destinationAlters, schedule }).flatMap(
    ([name, schema]) => {
      const part = schema.safeParse(property(exported, name));
      return part.success ? [[name, part.data]] : [];
    },
  );
  return Object.fromEntries(sound);
}

function assemble(
  name: string,
  file: string,
  sync: Sync,
  shape: SyncShape,
  source: CheckedEndpoint,
  destination: CheckedEndpoint,
): LoadedSync {
  const policy: Policy = shape.policy;
  const reading: CallUse = { sync: name, hidden: hiddenFields(sync.mapping.from) };
  const writing: CallUse = { sync: name, hidden: hiddenFields(sync.mapping.to) };
  return {
    name,
    file,
    sync,
    policy,
    mode: 'full',
    overlapMs: shape.overlap ?? defaultOverlapMs,
    sourceConnection: source.connection,
    destinationConnection: destination.connection,
    openSource: (world: EndpointWorld) =>
      source.connector.source.open(source.connection, source.options, world.toolsFor(source.connection, reading)),
    openDestination: (world: EndpointWorld) =>
      destination.connector.destination.open(
        destination.connection,
        destination.options,
        world.toolsFor(destination.connection, writing),
      ),
    version: syncVersion(sync, policy),
  };
}

/** What the two sides can do decides the mode, and whether it is what the author wants. */
function checkAbilities(loaded: LoadedSync, shape: SyncShape, problems: SyncProblems): LoadedSync | undefined {
  try {
    const source = loaded.openSource(unreachableWorld);
    const destination = loaded.openDestination(unreachableWorld);
    const canIncrement = source.can.incremental && shape.version !== undefined;
    const mode = shape.mode ?? (canIncrement ? 'incremental' : 'full');
    if (mode === 'incremental' && !canIncrement)
      problems.error(
        'MODE_REFUSED',
        ['mode'],
        whyNotIncremental(shape, source.can.incremental),
        'Add what is missing, or write `mode: "full"`.',
      );
    if (shape.overlap !== undefined) checkOverlap(shape.overlap, mode, problems);
    if (source.can.countedPages && mode === 'incremental') warnOfCountedPages(loaded.name, problems);
    if (shape.overlap && mode === 'incremental' && source.can.epoch === undefined) warnOfCounters(shape, problems);
    if (deleteLimitsOf(shape) && !source.can.provesEnd)
      problems.error(
        'DELETES_UNPROVEN',
        ['deletes'],
        `deletes: the source \`${shape.source.connection}\` cannot prove that it gave everything, so that a record it did not give may exist all the same.`,
        'Use a `pagination` with a defined end, or write `deletes: "ignore"`.',
      );
    checkConflicts(shape, destination, problems);
    checkMarks(shape, destination, problems);
    if (deliveryClass(destination.can) === 'T5')
      problems.warning(
        'DELIVERY_BLIND',
        ['destination'],
        'destination: it cannot recognise a repeated write, so a write in doubt waits for a person.',
        'State an idempotency key, a key to replace by, or a look-up in its options, if the system has one.',
      );
    return { ...loaded, mode };
  } catch (error) {
    const message = isSyncFailure(error) ? error.message : 'it cannot be opened with these options';
    problems.error('VALUE_INVALID', [], `${message}.`);
    return undefined;
  }
}

/** A mark is set on what is there, and taken off by the next delivery: the mapping has to write these fields each time. */
function checkMarks({ deletes, mapping }: SyncShape, { read }: Destination, problems: SyncProblems): void {
  const set = typeof deletes === 'object' ? deletes.set : undefined;
  if (set === undefined) return;
  if (read === undefined)
    problems.error(
      'VALUE_INVALID',
      ['deletes', 'set'],
      'deletes: the destination cannot be read, so that nothing there can be marked.',
      'Give its options a `lookup`, or write `deletes: "delete"`.',
    );
  for (const field of Object.keys(set)) checkMark(field, mapping.to, problems);
}

/** A conflict can only be decided by looking at what is there. */
function checkConflicts(
  { onConflict = 'hold', version, mapping }: SyncShape,
  { read }: Destination,
  problems: SyncProblems,
): void {
  if (onConflict === 'hold') return;
  if (read === undefined)
    problems.error(
      'VALUE_INVALID',
      ['onConflict'],
      'onConflict: the destination cannot be read, so nobody can know what would be written over.',
      'Give its options a `lookup`, or write `onConflict: "hold"`.',
    );
  if (onConflict === 'source-wins') return;
  if (version === undefined)
    problems.error(
      'VALUE_INVALID',
      ['onConflict'],
      'onConflict: `newestWins` compares with the `version` of the sync, which it does not have.',
      'Name the `version` field, or write `onConflict: "source-wins"`.',
    );
  checkComparable(onConflict.newestWins, mapping.to, problems);
}

function whyNotIncremental(shape: SyncShape, sourceCan: boolean): string {
  const reasons = [
    ...(sourceCan ? [] : [`the source \`${shape.source.connection}\` cannot ask for changes only with these options`]),
    ...(shape.version === undefined ? ['the sync has no `version` field to continue from'] : []),
  ];
  return `\`incremental\` cannot be done: ${reasons.join(', and ')}.`;
}

/** What a run passes over and cannot notice, the next incremental run does not ask for. */
function warnOfCountedPages(sync: string, problems: SyncProblems): void {
  problems.warning(
    'PAGES_COUNTED',
    ['source'],
    'source: its pages are counted. A list that shifts while it is read is noticed and read again, unless several changes between two pages cancel out: a record passed over so is not asked for again by an incremental run.',
    `Use a \`pagination\` by cursor if the system has one; otherwise run \`syncline run ${sync} --full\` from time to time, such as weekly from cron: no schedule does so by itself.`,
  );
}

function checkOverlap(overlapMs: number, mode: 'incremental' | 'full', problems: SyncProblems): void {
  if (mode === 'full')
    problems.warning('OVERLAP_RISK', ['overlap'], '`overlap` has no effect: every run reads everything.');
  else if (overlapMs < ordinarySkewMs)
    problems.warning(
      'OVERLAP_RISK',
      ['overlap'],
      'with an overlap under a minute, a change that is committed late or stamped by a slow clock is never read.',
      'Make it longer than the longest transaction at the source.',
    );
}

/** From numbers of which nobody says what they count no time can be taken. */
function warnOfCounters({ version, mapping }: SyncShape, problems: SyncProblems): void {
  if (version === undefined || !holdsNumbers(version, mapping.from)) return;
  problems.warning(
    'OVERLAP_RISK',
    ['overlap'],
    `the source does not say what the numbers in \`${version}\` count: incremental runs begin where the watermark stood \`overlap\` before the last one, and the second run reads everything once more.`,
    'If they are times, say so in the options of the source: a `format` of `incremental` (rest), or `epoch` (postgres).',
  );
}
