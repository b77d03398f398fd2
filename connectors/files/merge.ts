import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, isRecord, type JsonRecord } from '../../index.ts';
import { keyOf } from '../common/destination-key.ts';
import { csvHeader, csvLine, csvRecord, csvRows } from './csv.ts';
import { at, fileFailure, malformed, withFile } from './failures.ts';
import { type FilesFolder, openFile } from './folder.ts';
import { jsonOfLine, linesOf } from './lines.ts';
import type { FilesDestinationOptions } from './options.ts';
import { unescapedField } from './records.ts';

/** A record of the destination's file: its key, its text with the line break, and its fields. */
export interface StoredRecord {
  readonly key: string;
  readonly text: string;
  readonly record: JsonRecord;
}

/** The content of the file after the changes: changed records keep their place, new ones come last. Memory: one record. */
export async function* mergedContent(
  folder: FilesFolder,
  options: FilesDestinationOptions,
  changes: ReadonlyMap<string, string | null>,
): AsyncIterable<string> {
  if (options.columns !== undefined && options.format === 'csv') yield csvLine(options.columns, options);
  const left = new Map(changes);
  for await (const { key, text } of storedRecords(folder, options)) {
    const change = changes.get(key);
    if (change === undefined) yield text;
    else if (change !== null && left.has(key)) yield change;
    left.delete(key);
  }
  for (const text of left.values()) if (text !== null) yield text;
}

/** The records of the file, in order; none when there is no file yet. */
export async function* storedRecords(
  folder: FilesFolder,
  options: FilesDestinationOptions,
): AsyncIterable<StoredRecord> {
  if (!(await exists(folder, options.path))) return;
  yield* options.format === 'csv' ? csvStored(folder, options) : jsonStored(folder, options);
}

const exists = (folder: FilesFolder, file: string): Promise<boolean> =>
  withFile(file, async () => {
    try {
      await lstat(path.join(folder.path, file));
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  });

async function* jsonStored(folder: FilesFolder, options: FilesDestinationOptions): AsyncIterable<StoredRecord> {
  const file = options.path;
  for await (const line of linesOf(bytesOf(folder, file), file, fromStart, 'utf-8')) {
    const record = jsonOfLine({ ...line, complete: true }, file);
    if (record === undefined) continue;
    if (!isRecord(record)) throw malformed(at(file, line.number), 'the line is not an object');
    yield { key: storedKey(record, options, at(file, line.number)), text: `${line.text}\n`, record };
  }
}

async function* csvStored(folder: FilesFolder, options: FilesDestinationOptions): AsyncIterable<StoredRecord> {
  const file = options.path;
  const columns = options.columns ?? [];
  let header: readonly string[] | undefined;
  for await (const row of csvRows(bytesOf(folder, file), file, fromStart, {
    ...options,
    encoding: 'utf-8',
    breaks: 'lf',
  })) {
    if (header === undefined) {
      header = csvHeader(row, file);
      if (header.join('\n') !== columns.join('\n'))
        throw malformed(at(file, 1), 'the file has other columns than `columns` of the sync file');
      continue;
    }
    const fields = row.fields.map((field) => unescapedField(field, options));
    const record = csvRecord({ ...row, fields }, header, file);
    yield { key: storedKey(record, options, at(file, row.lines)), text: csvLine(row.fields, options), record };
  }
}

function storedKey(record: JsonRecord, { key }: FilesDestinationOptions, place: string): string {
  const found = keyOf(record, key);
  if ('missing' in found) throw malformed(place, `the record has no ${found.missing}`);
  return found.key;
}

const fromStart = { offset: 0, lines: 0 };

async function* bytesOf(folder: FilesFolder, file: string): AsyncIterable<Buffer> {
  try {
    const handle = await openFile(folder, file);
    for await (const chunk of handle.createReadStream({ highWaterMark: 256 * 1024 })) yield chunk;
  } catch (error) {
    throw fileFailure(file, error);
  }
}
