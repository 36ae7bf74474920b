import { columnsOf, pad, truncate } from './text.js';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** may be shortened, down to this many columns, when the table is wider than the terminal */
  readonly shrinkTo?: number;
}

/** How whole lines look, once they are laid out: the codes of colours would count as text before. */
export interface LineStyles {
  readonly header?: (line: string) => string;
  readonly row?: (line: string, index: number) => string;
}

const plain = (line: string): string => line;

/**
 * A borderless table that fits the terminal. By hand: cli-table3 wraps or cuts each column by a fixed width given
 * beforehand, and costs 8 ms of the start-up budget.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly string[][],
  width: number | undefined,
  { header = plain, row = plain }: LineStyles = {},
): string {
  const widths = columns.map((column, index) =>
    Math.max(columnsOf(column.title), ...rows.map((cells) => columnsOf(cells[index] ?? ''))),
  );
  if (width !== undefined) shrink(columns, widths, width);
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => {
        const cell = truncate(cells[index] ?? '', widths[index] ?? 0);
        const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - columnsOf(cell)));
        return column.align === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  const titles = columns.map((column) => column.title);
  const lines = [header(line(titles)), ...rows.map((cells, index) => row(line(cells), index))];
  return lines.map((text) => `${text}\n`).join('');
}

/** Takes columns away from the widest shrinkable one until the table fits or nothing can give. */
function shrink(columns: readonly Column[], widths: number[], width: number): void {
  const total = (): number => widths.reduce((sum, one) => sum + one, 0) + 2 * (widths.length - 1);
  for (let excess = total() - width; excess > 0; excess = total() - width) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const spare = (widths[index] ?? 0) - (column.shrinkTo ?? Infinity);
      if (spare > 0 && (widest < 0 || (widths[index] ?? 0) > (widths[widest] ?? 0))) widest = index;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

/** `name:  value` lines with the values aligned; pairs whose value is undefined are left out. */
export function renderFacts(facts: readonly (readonly [string, string | undefined])[]): string {
  const known = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const width = Math.max(0, ...known.map(([name]) => columnsOf(name)));
  return known.map(([name, value]) => `${pad(`${name}:`, width + 2)} ${value}\n`).join('');
}
