/** The same numbers for the same seed (mulberry32), each below `limit`. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const NAMES = [
  'plain',
  'with space',
  'dir/inner',
  'dir/deeper/file',
  'other dir/x',
  String.raw`$'\xff\xfe'`,
  String.raw`$'tab\tin it'`,
  String.raw`$'new\nline'`,
  'ümlaut',
  '"quoted"',
  'back\\slash',
  '- dash',
];

/** A bash script that does so much to files of the directory it runs in. What it cannot do it leaves out. */
export function generatedChanges(seed: number, count: number): string {
  const next = numbers(seed);
  const name = (): string => {
    const chosen = NAMES[next(NAMES.length)] ?? 'plain';
    const quoted = chosen.startsWith("$'") ? chosen : `'${chosen}'`;
    return `./${quoted}${next(2) === 0 ? '' : `-${next(3)}`}`;
  };
  const kinds: readonly (() => string)[] = [
    () => `seq ${next(50)} > ${name()}`,
    () => `printf 'line %s\\r\\n' ${next(9)} >> ${name()}`,
    () => `printf 'no newline ${next(99)}' > ${name()}`,
    () => `: > ${name()}`,
    () => `printf '\\0\\1\\2%s\\377' ${next(999)} > ${name()}`,
    () => `rm -f ${name()}`,
    () => `mv ${name()} ${name()}`,
    () => `cp -P ${name()} ${name()}`,
    () => `chmod ${next(2) === 0 ? '+x' : '-x'} ${name()}`,
    () => `ln -sfn 'target ${next(9)}' ${name()}`,
    () => `sed -i '1d' ${name()}`,
    () => `rm -rf ./dir; printf x > ./dir; rm -f ./dir`,
    () => `git add -A`,
  ];
  const lines = Array.from({ length: count }, () => kinds[next(kinds.length)]?.() ?? ':');
  return [
    'mkdir -p dir/deeper "other dir"',
    ...lines.map((line) => `{ mkdir -p dir/deeper; ${line}; } 2>/dev/null || true`),
    '',
  ].join('\n');
}
