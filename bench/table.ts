import { isMet } from './measure.js';
import type { Figure } from './measure.js';

const HEAD = ['figure', 'measured', 'floor', 'ratio', 'budget', 'met', 'runs'];

export function renderTable(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(row)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function row(figure: Figure): string[] {
  const { floor, budget, value, unit } = figure;
  const sign = figure.atLeast === true ? '≥' : '≤';
  const met = isMet(figure);
  return [
    figure.name,
    `${round(value)} ${unit}`,
    floor === undefined ? '' : `${round(floor)} ${unit} (${figure.floorName})`,
    floor === undefined ? '' : (value / floor).toFixed(2),
    budget === undefined
      ? ''
      : `${sign} ${Math.round(budget * 100) / 100}${floor === undefined ? ` ${unit}` : ' ×'}`,
    met === undefined ? '' : met ? 'yes' : 'NO',
    String(figure.runs),
  ];
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 || column === 2 ? cell.padEnd(width) : cell.padStart(width);
}
