const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * The newest values as a row of bars, so many columns wide, the newest at the right. Unknown is a dot, nothing at all a
 * space. @param max value of the highest bar; what is above it is as high
 */
export function sparkline(values: readonly (number | null)[], columns: number, max: number): string {
  if (columns <= 0) return '';
  const shown = values.slice(-columns).map((value) => bar(value, max));
  return ' '.repeat(columns - shown.length) + shown.join('');
}

function bar(value: number | null, max: number): string {
  if (value === null) return '·';
  if (value <= 0 || max <= 0) return ' ';
  const step = Math.min(BARS.length - 1, Math.floor((value / max) * BARS.length));
  return BARS[step] ?? ' ';
}

/** As many values as there are columns, each the highest of those that it stands for. */
export function condense(values: readonly (number | null)[], columns: number): (number | null)[] {
  if (values.length <= columns) return [...values];
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    const known = values.slice(from, to).filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  });
}
