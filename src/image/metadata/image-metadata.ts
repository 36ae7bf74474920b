import { loginOnly } from './image-environment.js';

/** What the maker of an OCI image says about running it. */
export interface ImageMetadata {
  /** up to 256 names of `A-Za-z0-9_`; without those that a login sets itself */
  readonly env: Readonly<Record<string, string>>;
  /** `name`, `uid` or either with `:group`; as given, up to 256 characters */
  readonly user?: string;
  /** absolute */
  readonly workdir?: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface ReadMetadata {
  readonly metadata: ImageMetadata;
  /** sentences about what was left out, up to 20; printable */
  readonly warnings: readonly string[];
}

const MAX_ENTRIES = 256;
const MAX_NAME = 128;
/** `UTF-16 units`, of one value */
const MAX_VALUE = 32 * 1024;
/** `UTF-16 units`, of all values of one field */
const MAX_TOTAL = 64 * 1024;
const MAX_WARNINGS = 20;
const MAX_USER = 256;
const MAX_PATH = 4095;

/** A login's own, banger's own, and what would change the meaning of every shell line. */
const OWN =
  /^(HOME|USER|LOGNAME|SHELL|MAIL|PWD|OLDPWD|HOSTNAME|TERM|SHLVL|IFS|PS[0-9]|ENV|BASH_ENV|_|SSH_.*|BANGER_.*)$/;

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * Reads the `config` of an OCI image's configuration, or nothing where there is none. It is the image's own word:
 * whatever has another form than the specification's, or no bounds, is left out with a warning.
 */
export function readImageMetadata(config: unknown): ReadMetadata {
  const warnings = new Warnings();
  const fields = isObject(config) ? config : {};
  const env = readEnvironment(fields['Env'], warnings);
  const user = readText(
    fields['User'],
    'user',
    (text) => /^[\w.$@+-]+(:[\w.$@+-]+)?$/.test(text) && text.length <= MAX_USER,
    warnings,
  );
  const workdir = readText(fields['WorkingDir'], 'working directory', isDirectory, warnings);
  for (const name of loginOnly(env))
    warnings.add(
      `${name} reaches login shells only: sshd cannot be told a value with quotes, backslashes or newlines`,
    );
  const metadata = {
    env,
    ...(user !== undefined && { user }),
    ...(workdir !== undefined && { workdir }),
    entrypoint: readWords(fields['Entrypoint'], 'entry point', warnings),
    cmd: readWords(fields['Cmd'], 'command', warnings),
    labels: readLabels(fields['Labels'], warnings),
  };
  return { metadata, warnings: warnings.list() };
}

function readEnvironment(given: unknown, warnings: Warnings): Record<string, string> {
  const kept = new Map<string, string>();
  const room = new Room(MAX_ENTRIES, MAX_TOTAL);
  for (const entry of readList(given, 'environment', warnings)) {
    const at = typeof entry === 'string' ? entry.indexOf('=') : -1;
    const name = typeof entry === 'string' && at > 0 ? entry.slice(0, at) : '';
    const value = typeof entry === 'string' ? entry.slice(at + 1) : '';
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > MAX_NAME)
      warnings.add(`an environment variable has no valid name: ${shown(entry)}`);
    else if (OWN.test(name)) warnings.add(`${name} of the image is not used: it is the login's own`);
    else if (!isText(value, MAX_VALUE))
      warnings.add(`${name} of the image is not used: its value is no text, or too long`);
    else if (!room.take(name.length + value.length))
      warnings.add(`${name} of the image is not used: there are too many variables`);
    else kept.set(name, name === 'PATH' ? withSystemPath(value) : value);
  }
  return Object.fromEntries(kept);
}

/** banger's own commands must find the system's programs. */
function withSystemPath(path: string): string {
  const directories = path.split(':').filter((directory) => directory.startsWith('/'));
  return [...new Set([...directories, ...SYSTEM_PATH])].join(':');
}

function readWords(given: unknown, what: string, warnings: Warnings): string[] {
  const words = readList(given, what, warnings);
  const room = new Room(MAX_ENTRIES, MAX_TOTAL);
  // half a command is another command
  if (words.every((word): word is string => isText(word, MAX_VALUE) && room.take(word.length))) return words;
  warnings.add(`the ${what} of the image is not used: it is no list of texts, or too long`);
  return [];
}

function readLabels(given: unknown, warnings: Warnings): Record<string, string> {
  if (given === undefined || given === null) return {};
  if (!isObject(given)) {
    warnings.add('the labels of the image are not used: they are no object');
    return {};
  }
  const room = new Room(MAX_ENTRIES, MAX_TOTAL);
  const kept = Object.entries(given).filter(
    (entry): entry is [string, string] =>
      entry[0] !== '' &&
      isText(entry[0], MAX_NAME * 2) &&
      isText(entry[1], MAX_VALUE) &&
      room.take(entry[0].length + entry[1].length),
  );
  const dropped = Object.keys(given).length - kept.length;
  if (dropped > 0)
    warnings.add(`${dropped} labels of the image are not used: they are no texts, or too many`);
  return Object.fromEntries(kept);
}

function readText(
  given: unknown,
  what: string,
  isValid: (text: string) => boolean,
  warnings: Warnings,
): string | undefined {
  if (given === undefined || given === null || given === '') return undefined;
  if (typeof given === 'string' && isValid(given)) return given;
  warnings.add(`the ${what} of the image is not used: ${shown(given)}`);
  return undefined;
}

function readList(given: unknown, what: string, warnings: Warnings): unknown[] {
  if (given === undefined || given === null) return [];
  if (Array.isArray(given)) return given as unknown[];
  warnings.add(`the ${what} of the image is not used: it is no list`);
  return [];
}

function isDirectory(text: string): boolean {
  return text.startsWith('/') && isText(text, MAX_PATH) && !/\p{Cc}/u.test(text);
}

/** What a variable or an argument can carry. */
function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length <= max && !value.includes('\0') && value.isWellFormed();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return `a ${Array.isArray(value) ? 'list' : typeof value}`;
  return `"${value.slice(0, 60).replaceAll(/[^\P{C}]/gu, '?')}"`;
}

/** Counts down what one field may hold. */
class Room {
  constructor(
    private entries: number,
    private units: number,
  ) {}

  take(units: number): boolean {
    if (this.entries === 0 || units > this.units) return false;
    this.entries -= 1;
    this.units -= units;
    return true;
  }
}

class Warnings {
  readonly #kept: string[] = [];
  #more = 0;

  add(warning: string): void {
    if (this.#kept.length < MAX_WARNINGS - 1) this.#kept.push(warning);
    else this.#more += 1;
  }

  list(): string[] {
    return this.#more === 0 ? this.#kept : [...this.#kept, `and ${this.#more} more like these`];
  }
}
