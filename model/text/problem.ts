/**
 * What is wrong with the files of a project. Each code is an interface: scripts match on it, so it is never renamed.
 * `docs/project.md` has an entry for each; a test compares the two.
 */
export const problemCodes = {
  PROJECT_MISSING: 'The folder, or its connections.yaml, is not there.',
  FILE_UNREADABLE: 'A file cannot be read, is not a file, or leads out of the project folder.',
  FILE_TOO_LARGE: 'A file is larger than any such file should be.',
  FILE_ENCODING: 'A file is not UTF-8 text.',
  YAML_SYNTAX: 'A file is not valid YAML 1.2.',
  YAML_DUPLICATE_KEY: 'A key stands twice in the same map.',
  YAML_TAG: 'A YAML tag that is not part of plain YAML; tags are never run.',
  YAML_ALIASES: 'YAML aliases that multiply or contain themselves.',
  FORMAT_VERSION: 'connections.yaml is written for another version of its format.',
  ENV_NAME: '`SYNCLINE_ENV` is not a name that a file could carry.',
  ENV_SYNTAX: 'A `$` with braces that hold no variable name, or a name and a default.',
  ENV_MISSING: 'A variable is not set, or is empty, and has no default.',
  OVERLAY_MISSING: '`SYNCLINE_ENV` names an environment that has no overlay file.',
  NAME_INVALID: 'A name has characters or a length that names may not have.',
  NAME_TAKEN: 'Two files or entries have one name.',
  KEY_UNKNOWN: 'A key that nothing reads.',
  KEY_REQUIRED: 'A key that must be there is not.',
  VALUE_INVALID: 'A value has the wrong type, or is not one of those allowed.',
  KIND_UNKNOWN: 'No connector has this kind.',
  KIND_MISMATCH: 'A sync reads or writes a connection through the connector of another kind.',
  CONNECTION_UNKNOWN: 'A sync names a connection that connections.yaml does not have.',
  CONNECTION_UNUSED: 'No sync uses the connection.',
  URL_REFUSED: 'An address that cannot be right, or that hides where it leads.',
  SECRET_IN_CLEAR: 'A secret stands in a file where only a reference to it may stand.',
  SECRET_REFERENCE: 'A reference to a secret that no provider reads.',
  SECRET_MISSING: 'What a secret reference names is not there.',
  SECRET_EXPOSED: 'A secret file can be read by other users of the machine.',
  CODE_SYNTAX: 'A TypeScript file cannot be parsed.',
  CODE_THREW: 'A TypeScript file threw an error while it was loaded.',
  IMPORT_MISSING: 'A file imports something that is not there.',
  EXPORT_MISSING: 'A file does not export what it must.',
  CONNECTOR_INVALID: 'A file in connectors/ is not a connector.',
  FIELD_UNKNOWN: 'A field that the schema does not have.',
  FIELD_TYPE: 'A field whose type cannot serve as key or version.',
  MODE_REFUSED: 'A mode that this source cannot do.',
  DELETES_UNPROVEN: 'Deletes are asked for, and the source cannot prove that it gave everything.',
  OVERLAP_RISK: 'An overlap that can lose late changes, or that has no effect.',
  PAGES_COUNTED: 'Pages by number or offset, read incrementally: a full run makes up for what they cannot promise.',
  SCHEDULE_INVALID: 'A schedule that cannot be read: a field of a cron, a zone, an interval.',
  SCHEDULE_NEVER: 'A schedule whose time never comes.',
  SCHEDULE_DAYS_AND: 'A schedule that narrows both the day of the month and the day of the week: both have to match.',
  SCHEDULE_DST: 'A time of a schedule that summer time skips or repeats on some day.',
  MAPPING_INVALID:
    'A mapping that cannot be recorded: its lines do something other than say which field becomes which.',
  FIELD_UNMAPPED: 'A required field of the destination that the mapping leaves out.',
  SOURCE_UNKNOWN: 'A mapping reads a field that the source schema does not have.',
  SOURCE_UNUSED: 'A source field that is neither used nor listed as unused.',
  UNUSED_BUT_USED: 'A source field that is listed as unused and is used.',
  TYPE_MISMATCH: 'A value of one type where the destination wants another.',
  MISSING_UNDECIDED: 'A value that may be missing, and nothing says what happens then.',
  ENUM_UNCOVERED: 'A choice that has no answer for one of its values.',
  NOT_REPEATABLE: 'A mapping that gives something else each time.',
  SAMPLE_FAILED: 'A sample of a mapping does not become what it should.',
  DESTINATION_SHARED: 'Two syncs write to one place in one system.',
  DELIVERY_BLIND: 'The destination cannot recognise a repeated write.',
  SYNCS_MISSING: 'The project has no syncs.',
} as const;

export type ProblemCode = keyof typeof problemCodes;

/** One thing that is wrong, or doubtful, in a project. Never holds the value of a secret. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: ProblemCode;
  /** Relative to the project folder, with `/`. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  /** From 1, in characters. */
  readonly column?: number;
  /** What is wrong, what was found (redacted), what is allowed, the nearest valid name. */
  readonly message: string;
  /** What to do next. */
  readonly next?: string;
  /** The sync that cannot run because of it, when it concerns one. */
  readonly sync?: string;
}

/** `file:line:column`, as far as it is known. */
const problemPlace = ({ file, line, column }: Problem): string =>
  line === undefined ? file : column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;

/** One line for people: `CODE file:line:column — what is wrong. What to do.` */
export const formatProblem = (problem: Problem): string =>
  `${problem.code} ${problemPlace(problem)} — ${problem.message}${problem.next === undefined ? '' : ` ${problem.next}`}`;

export const hasErrors = (problems: readonly Problem[]): boolean =>
  problems.some((problem) => problem.severity === 'error');
