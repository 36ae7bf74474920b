import type { FileIssue } from '../../contract/errors.js';

/** Names of tables and indexes of arrays, from the outermost. */
export type TomlPath = readonly (string | number)[];

/** Where something stands in a file; both count from 1. */
export interface TomlPlace {
  readonly line: number;
  /** in UTF-16 units, as editors and smol-toml count */
  readonly column: number;
}

/** One thing that is wrong with a file of settings. */
export type TomlIssue = Readonly<FileIssue>;

/** Characters of a value or a name that a message repeats; a file may hold a megabyte of one. */
const MAX_SHOWN = 60;

/** As one would write it: bare where that is allowed, else quoted. */
export function formatKey(path: TomlPath): string {
  const text = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${formatName(part)}`))
    .join('')
    .replace(/^\./, '');
  return shorten(text);
}

function formatName(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(shorten(name));
}

export function shorten(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
