import { z } from 'zod';
import { type Json, type Notice, type Page, parseExact, RESERVED, type ReadRequest, type Source } from '../../index.ts';
import { decodeJsonPage, jsonPage } from '../common/json-page.ts';
import { csvHeader, csvRecord, csvRows, refuseOtherDelimiter } from './csv.ts';
import { refuseOtherEncoding } from './encoding.ts';
import { fileFailure, malformed } from './failures.ts';
import { type FilesFolder, openFile } from './folder.ts';
import { type FilePlace, jsonOfLine, type LineBreaks, lineBreaksOf, linesOf } from './lines.ts';
import { markOf, matchingFiles, refuseChange, settledSize } from './list.ts';
import { COMMA, type FilesSourceOptions } from './options.ts';

/** `mark` tells whether what was read up to `offset` is still what the file holds. */
const filePosition = z.strictObject({
  file: z.string(),
  offset: z.int().min(0),
  lines: z.int().min(0),
  mark: z.string(),
});
type FilePosition = z.output<typeof filePosition>;

/** A record with its JSON and the place after it. */
interface Entry {
  readonly file: string;
  readonly json: string;
  readonly record: Json;
  readonly after: FilePlace;
}

/** Reads files in the order of their names, each from start to end, in pages. */
export function filesSource(folder: FilesFolder, options: FilesSourceOptions): Source {
  return {
    can: { incremental: false, provesEnd: true, ordered: false },
    decode: decodeJsonPage,
    read: (request) => pages(folder, options, request),
  };
}

async function* pages(
  folder: FilesFolder,
  options: FilesSourceOptions,
  { position, signal }: ReadRequest,
): AsyncIterable<Page> {
  let page: Entry[] = [];
  let bytes = 0;
  const notices: Notice[] = [];
  const from = position === null ? null : filePosition.parse(position);
  for await (const entry of entries(folder, options, from, { signal, notices })) {
    // A page is given only when a record follows it, so that the last one is known to be the last.
    if (page.length >= options.pageRecords || bytes >= options.pageBytes) {
      yield { ...(await pageOf(page, folder)), notices: notices.splice(0) };
      signal.throwIfAborted();
      page = [];
      bytes = 0;
    }
    page.push(entry);
    bytes += entry.json.length;
  }
  yield { ...bodyOf(page), next: null, notices };
}

const bodyOf = (page: readonly Entry[]): Pick<Page, 'body' | 'records'> => ({
  body: jsonPage(page.map(({ json }) => json)),
  records: page.map(({ record }) => record),
});

async function pageOf(page: readonly Entry[], folder: FilesFolder): Promise<Page> {
  const last = page.at(-1);
  if (last === undefined) return { ...bodyOf(page), next: null };
  const mark = await markOf(folder, last.file, last.after.offset);
  return { ...bodyOf(page), next: { file: last.file, ...last.after, mark } };
}

async function* entries(
  folder: FilesFolder,
  options: FilesSourceOptions,
  position: FilePosition | null,
  { signal, notices }: { readonly signal: AbortSignal; readonly notices: Notice[] },
): AsyncIterable<Entry> {
  const files = await matchingFiles(folder, options.path);
  if (position !== null && !files.includes(position.file))
    throw malformed(position.file, 'it was removed while it was read');
  for (const file of files.slice(position === null ? 0 : files.indexOf(position.file))) {
    const size = await settledSize(folder, file, options.settleMs, signal);
    const from = position?.file === file ? await resumed(folder, position, size.size) : { offset: 0, lines: 0 };
    let hasRecords = from.offset > 0;
    for await (const entry of fileEntries(folder, file, options, from, size.size, signal)) {
      hasRecords = true;
      yield entry;
    }
    await refuseChange(folder, file, size);
    if (!hasRecords) notices.push(withoutRecords(file, size.size));
  }
}

const withoutRecords = (file: string, bytes: number): Notice => ({
  code: 'FILE_WITHOUT_RECORDS',
  subject: file,
  records: 0,
  detail: bytes === 0 ? `${file} is empty` : `${file} has ${bytes} bytes and no record`,
});

async function resumed(folder: FilesFolder, position: FilePosition, size: number): Promise<FilePlace> {
  if (size < position.offset || (await markOf(folder, position.file, position.offset)) !== position.mark)
    throw malformed(position.file, 'it was replaced while it was read; cancel the run and start the sync again');
  return { offset: position.offset, lines: position.lines };
}

async function* fileEntries(
  folder: FilesFolder,
  file: string,
  options: FilesSourceOptions,
  from: FilePlace,
  size: number,
  signal: AbortSignal,
): AsyncIterable<Entry> {
  const chunks = (start: number) => chunksOf(folder, file, start, size);
  const start = await firstChunk(chunks(0));
  refuseOtherEncoding(start, options.encoding, file);
  const form = {
    ...options,
    delimiter: options.delimiter ?? COMMA,
    hasStatedColumns: options.columns !== undefined || options.delimiter !== undefined,
    breaks: lineBreaksOf(start, options),
  };
  for await (const entry of (options.format === 'csv' ? csvEntries : lineEntries)(chunks, file, form, from)) {
    signal.throwIfAborted();
    yield { file, ...entry };
  }
}

async function firstChunk(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  for await (const chunk of chunks) return chunk;
  return Buffer.alloc(0);
}

type FileForm = FilesSourceOptions & {
  readonly delimiter: string;
  /** Whether the sync says in which columns the file is to be read. */
  readonly hasStatedColumns: boolean;
  readonly breaks: LineBreaks;
};
type Chunks = (start: number) => AsyncIterable<Buffer>;
type FileEntry = Omit<Entry, 'file'>;

async function* lineEntries(
  chunks: Chunks,
  file: string,
  { encoding }: FileForm,
  from: FilePlace,
): AsyncIterable<FileEntry> {
  for await (const line of linesOf(chunks(from.offset), file, from, encoding)) {
    const record = jsonOfLine(line, file);
    if (record !== undefined) yield { json: line.text, record, after: { offset: line.end, lines: line.number } };
  }
}

async function* csvEntries(chunks: Chunks, file: string, options: FileForm, from: FilePlace): AsyncIterable<FileEntry> {
  let header = options.columns ?? (from.offset > 0 ? await headerOf(chunks, file, options) : undefined);
  for await (const row of csvRows(chunks(from.offset), file, from, options)) {
    if (header === undefined) {
      header = csvHeader(row, file);
      continue;
    }
    if (!options.hasStatedColumns) refuseOtherDelimiter(header, row, file);
    const made = csvRecord(row, header, file);
    const json = JSON.stringify(made);
    // The same as will be decoded from staging: what is known of such a name, the parser knows.
    const record = header.includes(RESERVED) ? parseExact(json) : made;
    yield { json, record, after: { offset: row.end, lines: row.lines } };
  }
}

/** Reads the header again when reading goes on in the middle of a file. */
async function headerOf(chunks: Chunks, file: string, options: FileForm): Promise<readonly string[]> {
  for await (const row of csvRows(chunks(0), file, { offset: 0, lines: 0 }, options)) return csvHeader(row, file);
  throw malformed(file, 'it has no header line');
}

/** The bytes of a file from `start` up to the size it had when reading began. */
async function* chunksOf(folder: FilesFolder, file: string, start: number, size: number): AsyncIterable<Buffer> {
  if (start >= size) return;
  try {
    const handle = await openFile(folder, file);
    const bytes = handle.createReadStream({ start, end: size - 1, highWaterMark: 256 * 1024 });
    for await (const chunk of bytes) yield chunk;
  } catch (error) {
    throw fileFailure(file, error);
  }
}
