import { resolve } from 'node:path';
import { showValue } from './parse-toml.js';
import type { TomlPath } from './toml-issue.js';

/** Tells a problem: a sentence without its subject (`must be …`), and where within the value. */
export type Report = (problem: string, path?: TomlPath, suggestion?: string) => void;

/** What may stand after a key: how it is checked, described and written. */
export interface ValueType<T> {
  /** completes `must be …`, for messages and documentation */
  readonly what: string;
  /** The value as banger uses it; undefined when a problem was reported. */
  read(value: unknown, report: Report): T | undefined;
  /** As `read`, of an environment variable's text. */
  readText?(text: string, report: Report): T | undefined;
  /** TOML for the value */
  write(value: T): string;
  /** keys of the tables that it is made of, for documentation and suggestions */
  readonly fields?: Readonly<Record<string, Field<unknown>>>;
}

/** A key of a table that is itself a value, such as each `[[file_sync]]`. */
export interface Field<T> {
  readonly type: ValueType<T>;
  readonly doc: string;
  readonly optional?: boolean;
}

function mismatch(what: string, value: unknown): string {
  return `must be ${what}, not ${showValue(value)}`;
}

/** A type of one check. @param secret the value is not repeated in messages */
function simple<T>(options: {
  what: string;
  parse: (value: unknown) => T | undefined;
  write: (value: T) => string;
  secret?: boolean;
}): ValueType<T> & Required<Pick<ValueType<T>, 'readText'>> {
  const { what, parse, write, secret } = options;
  const read = (value: unknown, report: Report): T | undefined => {
    const parsed = parse(value);
    if (parsed === undefined) report(secret === true ? `must be ${what}` : mismatch(what, value));
    return parsed;
  };
  return { what, read, readText: read, write };
}

export function wholeNumber(min: number, max: number, unit = ''): ValueType<number> {
  const type = simple({
    what: `a whole number${unit === '' ? '' : ` of ${unit}`} from ${min} to ${max}`,
    parse: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? value
        : undefined,
    write: String,
  });
  return {
    ...type,
    readText: (text, report) => type.read(/^\d{1,15}$/.test(text) ? Number(text) : text, report),
  };
}

/** Written in seconds, used in `ms`. */
export function seconds(min: number, max: number): ValueType<number> {
  return transformed(
    wholeNumber(min, max, 'seconds'),
    (count) => count * 1000,
    (ms) => ms / 1000,
  );
}

export function flag(): ValueType<boolean> {
  return simple({
    what: 'true or false',
    parse: (value) => (typeof value === 'boolean' ? value : undefined),
    write: String,
  });
}

export function oneOf<const T extends string>(words: readonly T[]): ValueType<T> {
  return simple({
    what: `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`,
    parse: (value) => words.find((word) => word === value),
    write: JSON.stringify,
  });
}

const MAX_PATH = 4096;

/** Without `.` and `..`, so that what a path names can be seen in it. */
export function absolutePath(): ValueType<string> {
  const type = simple({
    what: 'an absolute path without ".."',
    parse: (value) => (typeof value === 'string' && isPlainAbsolute(value) ? value : undefined),
    write: JSON.stringify,
  });
  // as a shell's user writes it: from where they are
  return { ...type, readText: (value, report) => type.read(resolve(value), report) };
}

/** Of a file within a directory: it cannot lead out, unless a link does. @param directory as messages call it */
export function relativePath(directory = 'the repository'): ValueType<string> {
  return simple({
    what: `a path within ${directory}: relative, without ".."`,
    parse: (value) =>
      typeof value === 'string' && isPlainAbsolute(`/${value}`) && isRelative(value) ? value : undefined,
    write: JSON.stringify,
  });
}

function isRelative(path: string): boolean {
  return path !== '' && !path.startsWith('/');
}

function isPlainAbsolute(path: string): boolean {
  if (!path.startsWith('/') || path.length > MAX_PATH || /\p{Cc}/u.test(path)) return false;
  return !path.split('/').some((part) => part === '.' || part === '..');
}

/** @param pattern that the whole text matches */
export function text(
  what: string,
  pattern: RegExp,
  options: { secret?: boolean; valid?: (written: string) => boolean } = {},
): ValueType<string> {
  const { valid = () => true, ...rest } = options;
  return simple({
    what,
    parse: (value) => (typeof value === 'string' && pattern.test(value) && valid(value) ? value : undefined),
    write: JSON.stringify,
    ...rest,
  });
}

/** Another form of what is written. */
export function transformed<W, T>(
  type: ValueType<W>,
  forward: (written: W) => T,
  back: (value: T) => W,
): ValueType<T> {
  return {
    what: type.what,
    ...(type.fields !== undefined && { fields: type.fields }),
    read: (value, report) => {
      const written = type.read(value, report);
      return written === undefined ? undefined : forward(written);
    },
    write: (value) => type.write(back(value)),
  };
}

export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

export function numberRange(min: number, max: number): ValueType<NumberRange> {
  return simple({
    what: `a range such as "${min}-${max}", within these bounds`,
    parse: (value) => {
      const match = typeof value === 'string' ? /^(\d{1,10})-(\d{1,10})$/.exec(value) : null;
      const range = { from: Number(match?.[1]), to: Number(match?.[2]) };
      return match !== null && range.from >= min && range.to <= max && range.from <= range.to
        ? range
        : undefined;
    },
    write: ({ from, to }) => `"${from}-${to}"`,
  });
}
