import { createReadStream } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Page, ReadRequest, Source } from '../../model/connector.ts';
import type { Json } from '../../model/json.ts';
import { csvHeader, csvRecord, csvRows } from './files-csv.ts';
import { fileFailure, malformed } from './files-failures.ts';
import { type FilePlace, jsonOfLine, linesOf } from './files-lines.ts';
import { markOf, matchingFiles, refuseChange, settledSize } from './files-list.ts';
import type { FilesSourceOptions } from './files-options.ts';
import { decodeJsonPage, jsonPage } from './json-page.ts';

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
export function filesSource(folder: string, options: FilesSourceOptions): Source {
  return {
    can: { incremental: false, provesEnd: true, ordered: false },
    decode: decodeJsonPage,
    read: (request) => pages(folder, options, request),
  };
}

async function* pages(
  folder: string,
  options: FilesSourceOptions,
  { position, signal }: ReadRequest,
): AsyncIterable<Page> {
  let page: Entry[] = [];
  let bytes = 0;
  for await (const entry of entries(folder, options, position === null ? null : filePosition.parse(position), signal)) {
    // A page is given only when a record follows it, so that the last one is known to be the last.
    if (page.length >= options.pageRecords || bytes >= options.pageBytes) {
      yield await pageOf(page, folder);
      signal.throwIfAborted();
      page = [];
      bytes = 0;
    }
    page.push(entry);
    bytes += entry.json.length;
  }
  yield { ...bodyOf(page), next: null };
}

const bodyOf = (page: readonly Entry[]): Pick<Page, 'body' | 'records'> => ({
  body: jsonPage(page.map(({ json }) => json)),
  records: page.map(({ record }) => record),
});

async function pageOf(page: readonly Entry[], folder: string): Promise<Page> {
  const last = page.at(-1);
  if (last === undefined) return { ...bodyOf(page), next: null };
  const mark = await markOf(path.join(folder, last.file), last.file, last.after.offset);
  return { ...bodyOf(page), next: { file: last.file, ...last.after, mark } };
}

async function* entries(
  folder: string,
  options: FilesSourceOptions,
  position: FilePosition | null,
  signal: AbortSignal,
): AsyncIterable<Entry> {
  const files = await matchingFiles(folder, options.path);
  if (position !== null && !files.includes(position.file))
    throw malformed(position.file, 'it was removed while it was read');
  for (const file of files.slice(position === null ? 0 : files.indexOf(position.file))) {
    const full = path.join(folder, file);
    const size = await settledSize(full, file, options.settleMs, signal);
    const from = position?.file === file ? await resumed(full, position, size.size) : { offset: 0, lines: 0 };
    yield* fileEntries(full, file, options, from, size.size, signal);
    await refuseChange(full, file, size);
  }
}

async function resumed(full: string, position: FilePosition, size: number): Promise<FilePlace> {
  if (size < position.offset || (await markOf(full, position.file, position.offset)) !== position.mark)
    throw malformed(position.file, 'it was replaced while it was read; cancel the run and start the sync again');
  return { offset: position.offset, lines: position.lines };
}

async function* fileEntries(
  full: string,
  file: string,
  options: FilesSourceOptions,
  from: FilePlace,
  size: number,
  signal: AbortSignal,
): AsyncIterable<Entry> {
  const read = options.format === 'csv' ? csvEntries : lineEntries;
  for await (const entry of read((start) => chunksOf(full, file, start, size), file, options, from)) {
    signal.throwIfAborted();
    yield { file, ...entry };
  }
}

type Chunks = (start: number) => AsyncIterable<Buffer>;
type FileEntry = Omit<Entry, 'file'>;

async function* lineEntries(
  chunks: Chunks,
  file: string,
  { encoding }: FilesSourceOptions,
  from: FilePlace,
): AsyncIterable<FileEntry> {
  for await (const line of linesOf(chunks(from.offset), file, from, encoding)) {
    const record = jsonOfLine(line, file);
    if (record !== undefined) yield { json: line.text, record, after: { offset: line.end, lines: line.number } };
  }
}

async function* csvEntries(
  chunks: Chunks,
  file: string,
  options: FilesSourceOptions,
  from: FilePlace,
): AsyncIterable<FileEntry> {
  let header = options.columns ?? (from.offset > 0 ? await headerOf(chunks, file, options) : undefined);
  for await (const row of csvRows(chunks(from.offset), file, from, options)) {
    if (header === undefined) {
      header = csvHeader(row, file);
      continue;
    }
    const record = csvRecord(row, header, file);
    yield { json: JSON.stringify(record), record, after: { offset: row.end, lines: row.lines } };
  }
}

/** Reads the header again when reading goes on in the middle of a file. */
async function headerOf(chunks: Chunks, file: string, options: FilesSourceOptions): Promise<readonly string[]> {
  for await (const row of csvRows(chunks(0), file, { offset: 0, lines: 0 }, options)) return csvHeader(row, file);
  throw malformed(file, 'it has no header line');
}

/** The bytes of a file from `start` up to the size it had when reading began. */
async function* chunksOf(full: string, file: string, start: number, size: number): AsyncIterable<Buffer> {
  if (start >= size) return;
  try {
    for await (const chunk of createReadStream(full, { start, end: size - 1, highWaterMark: 256 * 1024 })) yield chunk;
  } catch (error) {
    throw fileFailure(file, error);
  }
}
