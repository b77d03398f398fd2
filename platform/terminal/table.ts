import { cutText, padText, safeText, textWidth } from './text.ts';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Painted after the cell has been cut and padded, so that widths stay right. */
  readonly paint?: (cell: string, text: string) => string;
}

const gap = '  ';
const narrowestColumn = 6;

/**
 * Rows under their titles, no frames: readable in a log and without Unicode. Cells are made safe for the terminal.
 * Too wide for `columns` cells: the widest columns are cut.
 */
export function tableLines(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
  paintTitle: (title: string) => string = (title) => title,
): readonly string[] {
  const cells = rows.map((row) => row.map(safeText));
  const natural = columns.map((column, index) =>
    Math.max(textWidth(column.title), ...cells.map((row) => textWidth(row[index] ?? ''))),
  );
  const widths = fitWidths(natural, width - gap.length * (columns.length - 1));
  const line = (texts: readonly string[], paint: (column: TableColumn, cell: string, text: string) => string) =>
    columns
      .map((column, index) => {
        const text = texts[index] ?? '';
        const cell = padText(cutText(text, widths[index] ?? 0), widths[index] ?? 0, column.align);
        return paint(column, cell, text);
      })
      .join(gap)
      .trimEnd();
  return [
    line(
      columns.map(({ title }) => title),
      (_column, cell) => paintTitle(cell),
    ),
    ...cells.map((row) => line(row, (column, cell, text) => column.paint?.(cell, text) ?? cell)),
  ];
}

/** Takes cells from the widest columns until the sum fits. */
export function fitWidths(natural: readonly number[], total: number): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - total;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const current = widths[widest] ?? 0;
    if (current <= narrowestColumn) break;
    widths[widest] = current - 1;
    excess--;
  }
  return widths;
}
