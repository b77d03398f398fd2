import { secretsOfProcess } from '../secrets/known.ts';
import { createStyle, type Style, wantsColour } from './style.ts';
import { type TableColumn, tableLines } from './table.ts';

/** Where a command says what it found. With `--json`: one document on stdout, and every line on stderr. */
export interface Out {
  readonly json: boolean;
  readonly style: Style;
  /** Cells in a line: of the terminal, 120 elsewhere. */
  readonly columns: number;
  /** A line for people. Text of records must go through `safeText` first. */
  line(text?: string): void;
  /** Rows under their titles, for people. */
  table(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): void;
  /** The result of a command: the document with `--json`, otherwise what `print` writes. Call it once. */
  result(document: unknown, print: () => void): void;
}

export interface OutStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const columnsWithoutTerminal = 120;
const fewestColumns = 40;

export function createOut(options: {
  readonly json: boolean;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Out {
  const { json, stdout, stderr, env } = options;
  const people = json ? stderr : stdout;
  const style = createStyle(wantsColour(people, env));
  const columns = Math.max(fewestColumns, people.columns ?? columnsWithoutTerminal);
  const line = (text = '') => void people.write(`${secretsOfProcess.mask(text)}\n`);
  return {
    json,
    style,
    columns,
    line,
    table: (titles, rows) => {
      for (const text of tableLines(titles, rows, columns, style.faint)) line(text);
    },
    result: (document, print) => {
      if (json) stdout.write(`${secretsOfProcess.mask(JSON.stringify(document, undefined, 2))}\n`);
      else print();
    },
  };
}
