import { parseToml, readKeys } from '../toml/index.js';
import type { FoundValue, TomlIssue } from '../toml/index.js';
import type { ConfigKey, DefaultFacts, KeyValues } from './config-keys.js';
import { listConfigKeys } from './config-keys.js';
import type { ConfigOrigins, ValueOrigin } from './config.js';

export interface ResolvedConfig {
  readonly values: KeyValues;
  readonly origins: ConfigOrigins;
}

export interface ConfigSources {
  /** undefined when there is no file */
  readonly text: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly facts: DefaultFacts;
}

/** Puts the values together: the environment before the file, the file before the defaults; or says all that is wrong. */
export async function resolveConfig(
  sources: ConfigSources,
): Promise<ResolvedConfig | { readonly issues: readonly TomlIssue[] }> {
  const keys = listConfigKeys();
  const issues: TomlIssue[] = [];
  const inFile = await readFileKeys(sources.text, keys, issues);
  const values: Record<string, unknown> = {};
  const byKey = new Map<string, ValueOrigin>();
  for (const { path, spec } of keys) {
    const found = fromEnvironment(spec, sources.env, issues) ?? fromFile(inFile.get(spec.key));
    if (found !== undefined) byKey.set(spec.key, found.origin);
    put(values, path, found === undefined ? spec.default(sources.facts) : found.value);
  }
  if (issues.length > 0) return { issues };
  const origins = { fileExists: sources.text !== undefined, byKey };
  return { values: values as unknown as KeyValues, origins };
}

async function readFileKeys(
  text: string | undefined,
  keys: readonly { readonly spec: ConfigKey }[],
  issues: TomlIssue[],
): Promise<ReadonlyMap<string, FoundValue>> {
  // most have no file, or an empty one, and need no parser
  if (text === undefined || text.trim() === '') return new Map();
  const parsed = await parseToml(text);
  if ('issue' in parsed) {
    issues.push(parsed.issue);
    return new Map();
  }
  const read = readKeys(
    keys.map(({ spec }) => spec),
    parsed.document,
  );
  issues.push(...read.issues);
  return read.values;
}

interface Found {
  readonly value: unknown;
  readonly origin: ValueOrigin;
}

function fromFile(found: FoundValue | undefined): Found | undefined {
  if (found === undefined) return undefined;
  const line = found.place?.line;
  return { value: found.value, origin: { source: 'file', ...(line !== undefined && { line }) } };
}

/** An empty variable is as good as none, as in the XDG specification. */
function fromEnvironment(
  { type, variable }: ConfigKey,
  env: ConfigSources['env'],
  issues: TomlIssue[],
): Found | undefined {
  const text = variable === undefined ? undefined : env[variable];
  if (variable === undefined || text === undefined || text === '') return undefined;
  const value = type.readText?.(text, (message) => issues.push({ message, variable }));
  return { value, origin: { source: 'environment', variable } };
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) into[name] = value;
  else put((into[name] ??= {}) as Record<string, unknown>, rest, value);
}
