import type { Style } from '../render/style.js';
import { escapeControls } from '../render/text.js';

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'context', 'name', 'v']);

/** One line of the daemon's log for people; a line that is no JSON (a crash's trace) as it is. */
export function renderLogLine(line: string, style: Style): string {
  const entry = parse(line);
  if (entry === undefined) return escapeControls(line);
  const { level, time, msg, context } = entry;
  const name =
    typeof level === 'number' ? (LEVELS[level] ?? String(level)) : typeof level === 'string' ? level : 'info';
  const colour =
    name === 'error' || name === 'fatal' ? style.red : name === 'warn' ? style.yellow : style.dim;
  const date = typeof time === 'number' || typeof time === 'string' ? new Date(time) : undefined;
  const stamp = date === undefined || Number.isNaN(date.getTime()) ? '-' : date.toISOString();
  const rest = Object.entries(entry)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const parts = [
    style.dim(stamp),
    colour(name.padEnd(5)),
    typeof context === 'string' ? style.cyan(escapeControls(context)) : undefined,
    typeof msg === 'string' ? escapeControls(msg) : undefined,
    rest.length === 0 ? undefined : style.dim(escapeControls(rest.join(' '))),
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
