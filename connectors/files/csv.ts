import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TextDecoder } from 'node:util';
import { parse } from 'csv-parse';
import { errorCode, type Json, type JsonRecord } from '../../index.ts';
import { byteText, type Encoding, isByteWise } from './encoding.ts';
import { at, fileFailure, malformed } from './failures.ts';
import type { FilePlace, LineBreaks } from './lines.ts';

/** Characters of one row, so that a quote that is never closed does not fill the memory. */
const MAX_ROW_CHARACTERS = 16 * 1024 * 1024;

export interface CsvForm {
  readonly delimiter: string;
  readonly quote: string;
  readonly encoding: Encoding;
  /** What ends a row. */
  readonly breaks: LineBreaks;
}

/** A CSV row (RFC 4180) and the place after it. */
export interface CsvRow {
  readonly fields: readonly string[];
  readonly end: number;
  /** Lines up to and with this row. */
  readonly lines: number;
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly bytes: number; readonly lines: number };
}

/** Reads CSV rows from a place in a file; blank lines are left out. Throws FILE_MALFORMED with file, line and column. */
export async function* csvRows(
  chunks: AsyncIterable<Buffer>,
  file: string,
  from: FilePlace,
  form: CsvForm,
): AsyncIterable<CsvRow> {
  const parser = parse({
    info: true,
    bom: from.offset === 0,
    delimiter: form.delimiter,
    quote: form.quote,
    escape: form.quote,
    encoding: parserEncoding(form.encoding),
    record_delimiter: form.breaks === 'cr' ? ['\r'] : ['\r\n', '\n'],
    skip_empty_lines: true,
    max_record_size: MAX_ROW_CHARACTERS,
    // Counted here, against the header, so that the message can name the place after a resumed read too.
    relax_column_count: true,
  });
  const checked = form.encoding === 'utf-8' ? [checkedUtf8(file)] : [];
  const fed = pipeline([Readable.from(chunks), ...checked, parser]);
  fed.catch(() => undefined);
  try {
    for await (const parsed of parser) {
      const { record, info }: Parsed = parsed;
      const lines = from.lines + info.lines;
      const fields = isByteWise(form.encoding)
        ? record.map((field, index) => byteText(field, form.encoding, () => at(file, lines, index + 1)))
        : record;
      yield { fields, end: from.offset + info.bytes, lines };
    }
    await fed;
  } catch (error) {
    throw csvFailure(error, file, from.lines);
  }
}

function parserEncoding(encoding: Encoding): BufferEncoding {
  if (encoding === 'utf-16le') return 'utf16le';
  return isByteWise(encoding) ? 'latin1' : 'utf8';
}

function checkedUtf8(file: string): Transform {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  const check = (chunk: Buffer | undefined): Error | null => {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
      return null;
    } catch {
      return malformed(file, `bytes that are not UTF-8, after byte ${bytes}`);
    }
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const fault = check(chunk);
      bytes += chunk.length;
      if (fault === null) done(null, chunk);
      else done(fault);
    },
    flush: (done) => done(check(undefined)),
  });
}

const csvFaults: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is never closed',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote',
  INVALID_OPENING_QUOTE: 'a quote in the middle of a field that is not quoted',
  CSV_MAX_RECORD_SIZE: `a row of more than ${MAX_ROW_CHARACTERS} characters: a quote is probably never closed`,
};

/** In words of our own: the parser's messages quote the field. */
function csvFailure(error: unknown, file: string, linesBefore: number): unknown {
  const what = csvFaults[errorCode(error) ?? ''];
  if (what === undefined || typeof error !== 'object' || error === null) return fileFailure(file, error);
  const line = Number(Reflect.get(error, 'lines') ?? 0) + linesBefore;
  const index: unknown = Reflect.get(error, 'index');
  return malformed(at(file, line, typeof index === 'number' ? index + 1 : undefined), what);
}

/** Checks a header: every column has a name of its own. */
export function csvHeader(row: CsvRow, file: string): readonly string[] {
  const seen = new Set<string>();
  for (const [index, name] of row.fields.entries()) {
    const place = at(file, row.lines, index + 1);
    if (name.trim() === '') throw malformed(place, 'a column without a name');
    if (seen.has(name)) throw malformed(place, `the column ${name} stands twice`);
    seen.add(name);
  }
  return row.fields;
}

/** Characters that part columns in the files of some program or country. */
const delimiters = [',', ';', '\t', '|'];

/** Throws FILE_MALFORMED where all columns seem to stand in one, because another character parts them than a comma. */
export function refuseOtherDelimiter(header: readonly string[], row: CsvRow, file: string): void {
  const [name = ''] = header;
  const [field = ''] = row.fields;
  if (header.length !== 1 || row.fields.length !== 1) return;
  const other = delimiters.find((one) => name.includes(one) && name.split(one).length === field.split(one).length);
  if (other === undefined) return;
  const written = JSON.stringify(other).slice(1, -1);
  throw malformed(
    at(file, row.lines),
    `all columns stand in one: is it \`delimiter: '${written}'\`? \`delimiter: ','\` says that it is one column`,
  );
}

/** A row as a record: every value is text. */
export function csvRecord(row: CsvRow, header: readonly string[], file: string): JsonRecord {
  if (row.fields.length !== header.length)
    throw malformed(
      at(file, row.lines, Math.min(row.fields.length, header.length) + 1),
      `the row has ${row.fields.length} fields, the header ${header.length}`,
    );
  return Object.fromEntries(header.map((name, index): [string, Json] => [name, row.fields[index] ?? '']));
}

/** A row as CSV text with its line break; fields are quoted where they must be. */
export const csvLine = (
  fields: readonly string[],
  { delimiter, quote }: Pick<CsvForm, 'delimiter' | 'quote'>,
): string => `${fields.map((field) => csvField(field, delimiter, quote)).join(delimiter)}\n`;

function csvField(field: string, delimiter: string, quote: string): string {
  const plain = !field.includes(delimiter) && !field.includes(quote) && !/[\r\n]|^[\s\ufeff]|\s$/.test(field);
  return plain ? field : `${quote}${field.replaceAll(quote, quote + quote)}${quote}`;
}
