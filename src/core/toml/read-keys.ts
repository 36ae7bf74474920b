import { suggest } from '../errors/index.js';
import { isTable, showValue } from './parse-toml.js';
import type { TomlDocument } from './parse-toml.js';
import { formatKey } from './toml-issue.js';
import type { TomlIssue, TomlPath, TomlPlace } from './toml-issue.js';
import type { ValueType } from './value-types.js';

/** One key of a file: everything that is known of it, in one place. */
export interface KeySpec<T = unknown> {
  /** dotted: `vm.memory_mib` */
  readonly key: string;
  readonly type: ValueType<T>;
  /** one paragraph */
  readonly doc: string;
  /** TOML for the example file, where the default shows nothing */
  readonly example?: string;
}

export interface FoundValue {
  readonly value: unknown;
  readonly place: TomlPlace | undefined;
}

export interface ReadKeys {
  /** by key */
  readonly values: ReadonlyMap<string, FoundValue>;
  readonly issues: readonly TomlIssue[];
}

/** More than a reader can use; a file may hold a hundred thousand. */
const MAX_ISSUES = 50;
/** Deeper than any known key; below it an unknown one is told by its beginning. */
const MAX_DEPTH = 8;

/** Checks a document against the keys that it may have; every issue is found. */
export function readKeys(specs: readonly KeySpec[], { table, places }: TomlDocument): ReadKeys {
  const known = new Map(specs.map((spec) => [spec.key, spec]));
  const values = new Map<string, FoundValue>();
  const issues: TomlIssue[] = [];
  let total = 0;
  const sections = new Set(specs.flatMap(({ key }) => sectionsOf(key)));
  // What nobody will read is not looked for: of a hundred thousand keys that takes half a minute.
  const report = (message: string, path: TomlPath, suggest: () => string | undefined): void => {
    total += 1;
    if (issues.length >= MAX_ISSUES) return;
    const suggestion = suggest();
    issues.push({
      message,
      key: formatKey(path),
      ...places.place(path),
      ...(suggestion !== undefined && { suggestion }),
    });
  };
  const visit = (value: unknown, path: readonly string[]): void => {
    const spec = known.get(path.join('.'));
    if (spec !== undefined && spec.key.split('.').length === path.length) {
      const read = spec.type.read(value, (problem, within = [], suggestion) =>
        report(problem, [...path, ...within], () => suggestion),
      );
      if (read !== undefined) values.set(spec.key, { value: read, place: places.place(path) });
      return;
    }
    const isSection = path.length === 0 || sections.has(JSON.stringify(path));
    if (isTable(value) && path.length < MAX_DEPTH) {
      const members = Object.entries(value);
      if (isSection || members.length > 0) {
        for (const [name, member] of members) visit(member, [...path, name]);
        return;
      }
    }
    if (isSection) report(`must be a table, not ${showValue(value)}`, path, NOTHING);
    else report('is not a known key', path, () => nearest(path, specs));
  };
  visit(table, []);
  if (total > issues.length) issues.push({ message: `and ${total - issues.length} more` });
  return { values, issues };
}

const NOTHING = (): undefined => undefined;

/** Of `vm.limits.cpus`: `["vm"]` and `["vm","limits"]`, as JSON. */
function sectionsOf(key: string): string[] {
  const parts = key.split('.');
  return parts.slice(1).map((_part, index) => JSON.stringify(parts.slice(0, index + 1)));
}

/** The one of that name in another section, or that goes on where it ends; the most like it, section and all; or else by its last word. */
function nearest(path: readonly string[], specs: readonly KeySpec[]): string | undefined {
  const written = path.join('.').slice(0, 64);
  const last = (path.at(-1) ?? '').slice(0, 64);
  const keys = specs.map(({ key }) => key);
  const words = new Map(keys.map((key) => [key.slice(key.lastIndexOf('.') + 1), key]));
  const longer = keys.find((key) => key.startsWith(`${written}_`));
  return (
    words.get(last) ?? longer ?? suggest(written, keys) ?? words.get(suggest(last, [...words.keys()]) ?? '')
  );
}
