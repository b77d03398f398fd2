import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { redactSecrets } from '../model/connection/secret-text.ts';
import { errorCode } from '../model/failure/error-code.ts';
import { didYouMean } from '../model/text/near-name.ts';
import type { Problem } from '../model/text/problem.ts';
import { findText } from './code-place.ts';

export type CodeFault = Omit<Problem, 'severity'>;

export interface CodeContext {
  readonly folder: string;
  /** The file that was being loaded; the error may come from one that it imports. */
  readonly file: string;
  readonly text: string;
  readonly virtualModules: Readonly<Record<string, unknown>>;
}

/** What a file's load threw, as a problem with its place: a syntax error, a missing import, or an error of its code. */
export async function explainCodeError(error: unknown, context: CodeContext): Promise<CodeFault> {
  const message = messageOf(error);
  return (
    syntaxFault(message, context) ??
    (await importFault(error, message, context)) ??
    thrownFault(error, message, context)
  );
}

/** The loader's form: `ParseError: WHAT \n FILE:LINE:COLUMN`, the column from 0. */
function syntaxFault(message: string, { folder }: CodeContext): CodeFault | undefined {
  const [, what, path, line, column] = /^ParseError: (.*?)\s*\n\s*(.+):(\d+):(\d+)/s.exec(message) ?? [];
  if (what === undefined || path === undefined) return undefined;
  const sentence = what.trim().replace(/\.$/, '');
  return {
    code: 'CODE_SYNTAX',
    file: ownPath(folder, path) ?? path,
    line: Number(line),
    column: Number(column) + 1,
    message: `${redactSecrets(sentence)}.`,
    next: 'Mend the line, or the one before it.',
  };
}

async function importFault(error: unknown, message: string, context: CodeContext): Promise<CodeFault | undefined> {
  const wanted = /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1];
  if (wanted === undefined || !['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(errorCode(error) ?? ''))
    return undefined;
  const importer = /Require stack:\n- (.+)/.exec(message)?.[1] ?? join(context.folder, context.file);
  const file = ownPath(context.folder, importer) ?? context.file;
  const text =
    file === context.file ? context.text : await readFile(join(context.folder, file), 'utf8').catch(() => '');
  const asWritten = wanted.startsWith('/') ? (ownPath(context.folder, wanted) ?? wanted) : wanted;
  return {
    code: 'IMPORT_MISSING',
    file,
    ...findText(text, wanted),
    message: `\`${asWritten}\` is not there.${await nearImport(wanted, join(context.folder, file), context)}`,
    next: howToMend(wanted),
  };
}

function howToMend(wanted: string): string {
  if (wanted.startsWith('.') || wanted.startsWith('/')) return 'Mend the path; it needs its ending, such as `.ts`.';
  if (wanted.startsWith('syncline')) return 'Mend the name.';
  return `Mend the name, or install the package: \`npm install ${wanted}\`.`;
}

async function nearImport(wanted: string, importer: string, { virtualModules }: CodeContext): Promise<string> {
  if (!wanted.startsWith('.')) return didYouMean(wanted, Object.keys(virtualModules));
  const folder = dirname(resolve(dirname(importer), wanted));
  const names = await readdir(folder).catch((): string[] => []);
  const prefix = wanted.slice(0, wanted.lastIndexOf('/') + 1);
  return didYouMean(
    wanted,
    names.map((name) => prefix + name),
  );
}

function thrownFault(error: unknown, message: string, context: CodeContext): CodeFault {
  const place = thrownPlace(error, context.folder);
  const missing = notExported(message, context);
  return {
    code:
      missing !== undefined
        ? 'IMPORT_MISSING'
        : errorCode(error) === 'PROJECT_INVALID'
          ? 'MAPPING_INVALID'
          : 'CODE_THREW',
    file: place?.file ?? context.file,
    ...(place && { line: place.line, column: place.column }),
    message: missing ?? `${redactSecrets(message.split('\n')[0] ?? '').replace(/\.$/, '')}.`,
  };
}

/** `import { x } from 'syncline'` of an `x` that is not there shows when it is called: the call names it. */
function notExported(message: string, { text, virtualModules }: CodeContext): string | undefined {
  const name = /^\(0 , _\w+\.(\w+)\) is not a (?:function|constructor)/.exec(message.replace('(0,', '(0 ,'))?.[1];
  if (name === undefined) return undefined;
  for (const [module, exports] of Object.entries(virtualModules)) {
    const isImported = new RegExp(`import[^;]*\\b${name}\\b[^;]*from\\s*['"]${module}['"]`).test(text);
    if (isImported && typeof exports === 'object' && exports !== null && !(name in exports))
      return `'${module}' does not export \`${name}\`.${didYouMean(name, Object.keys(exports))}`;
  }
  return undefined;
}

/** The first line of the stack that lies in the project. The loader keeps lines; columns may be a little off. */
function thrownPlace(error: unknown, folder: string): { file: string; line: number; column: number } | undefined {
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? String(error.stack) : '';
  for (const frame of stack.split('\n')) {
    const [, path, line, column] = /((?:file:\/\/)?\/[^():]+):(\d+):(\d+)\)?$/.exec(frame) ?? [];
    const file = path === undefined ? undefined : ownPath(folder, path);
    if (file !== undefined) return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}

/** Relative to the project, with `/`; undefined for files that are not its own. */
function ownPath(folder: string, path: string): string | undefined {
  const plain = path.startsWith('file://') ? fileURLToPath(path) : path;
  const inside = relative(folder, plain);
  const isOwn = inside !== '' && !inside.startsWith('..') && !/(?:^|[\\/])(?:node_modules|dist)[\\/]/.test(inside);
  return isOwn ? inside.split(sep).join('/') : undefined;
}

/** Errors of another realm are not `instanceof Error` here. */
function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return `it threw ${typeof error === 'string' ? 'a text' : String(error)}, which is no Error`;
}
