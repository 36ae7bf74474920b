/** Config that `git status` and commits in the guest need to agree with the host; nothing else of it travels. */
const COPIED_KEYS = [
  'user.name',
  'user.email',
  'core.filemode',
  'core.ignorecase',
  'core.symlinks',
  'core.autocrlf',
  'core.eol',
  'core.safecrlf',
  'core.quotepath',
  'core.checkroundtripencoding',
  'status.renames',
  'status.renamelimit',
  'status.showuntrackedfiles',
  'diff.renames',
  'diff.renamelimit',
] as const;

const SPARSE_KEYS = ['core.sparsecheckout', 'core.sparsecheckoutcone'] as const;

/** Lines to append to the guest's `.git/config`. @param config all of the host's, keys in git's lower case */
export function guestConfig(
  config: ReadonlyMap<string, string>,
  more: Readonly<Record<string, string>> = {},
): string {
  return render([...pick(config, COPIED_KEYS), ...Object.entries(more)]);
}

/** Appended last: while it is in force a checkout would leave files out by itself. */
export function guestSparseConfig(config: ReadonlyMap<string, string>): string {
  return config.get('core.sparsecheckout') === 'true' ? render(pick(config, SPARSE_KEYS)) : '';
}

/** Drivers that the config names, by `filter.<name>.…`; their names may have dots, and may be empty. */
export function filterDrivers(config: ReadonlyMap<string, string>): string[] {
  const names = new Set<string>();
  for (const key of config.keys()) {
    const match = /^filter\.(.*)\.(?:clean|smudge|process|required)$/s.exec(key);
    if (match?.[1] !== undefined) names.add(match[1]);
  }
  return [...names];
}

/** Config that makes filters do nothing: they are programs, and some write into .git. */
export function withoutFilters(drivers: readonly string[]): Record<string, string> {
  const off: Record<string, string> = {};
  for (const name of drivers) {
    off[`filter.${name}.clean`] = '';
    off[`filter.${name}.smudge`] = '';
    off[`filter.${name}.process`] = '';
    off[`filter.${name}.required`] = 'false';
  }
  return off;
}

function pick(config: ReadonlyMap<string, string>, keys: readonly string[]): [string, string][] {
  return keys.flatMap((key): [string, string][] => {
    const value = config.get(key);
    return value === undefined ? [] : [[key, value]];
  });
}

function render(entries: readonly [key: string, value: string][]): string {
  return entries
    .map(([key, value]) => {
      const dot = key.indexOf('.');
      return `[${key.slice(0, dot)}]\n\t${key.slice(dot + 1)} = ${quoteConfigValue(value)}\n`;
    })
    .join('');
}

function quoteConfigValue(value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}
