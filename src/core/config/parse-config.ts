import { BangerError } from '../errors/index.js';

export interface FileValues {
  stateDirectory?: string;
  runtimeDirectory?: string;
  logLevel?: string;
  cpus?: number;
  memoryMib?: number;
  bootTimeoutSeconds?: number;
  sshPorts?: { from: number; to: number };
  vmmUids?: { from: number; to: number };
}

type Reader = (value: unknown, into: FileValues) => string | undefined;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** Every key of the file: how it is checked and where it goes. An unknown key is refused. */
const KEYS: Readonly<Record<string, Reader>> = {
  state_directory: (value, into) => readPath(value, (path) => (into.stateDirectory = path)),
  runtime_directory: (value, into) => readPath(value, (path) => (into.runtimeDirectory = path)),
  'log.level': (value, into) => {
    if (typeof value !== 'string' || !LOG_LEVELS.includes(value))
      return `must be one of ${LOG_LEVELS.join(', ')}`;
    into.logLevel = value;
    return undefined;
  },
  'vm.cpus': (value, into) => readInteger(value, 1, 1024, (count) => (into.cpus = count)),
  'vm.memory_mib': (value, into) => readInteger(value, 64, 1 << 24, (mib) => (into.memoryMib = mib)),
  'vm.boot_timeout_seconds': (value, into) =>
    readInteger(value, 1, 3600, (seconds) => (into.bootTimeoutSeconds = seconds)),
  'network.ssh_ports': (value, into) => readRange(value, 65_535, (range) => (into.sshPorts = range)),
  'vmm.uids': (value, into) => readRange(value, 4_294_967_293, (range) => (into.vmmUids = range)),
};

/** @throws BangerError CONFIG_INVALID that lists every issue with its key */
export async function parseConfigFile(file: string, text: string): Promise<FileValues> {
  const { parse } = await import('smol-toml');
  const values: FileValues = {};
  let issues: string[];
  try {
    issues = flatten(parse(text)).flatMap(([key, value]) => {
      const problem = KEYS[key] === undefined ? 'is not a known key' : KEYS[key](value, values);
      return problem === undefined ? [] : [`${key} ${problem}`];
    });
  } catch (error) {
    issues = [(error as Error).message];
  }
  if (issues.length === 0) return values;
  throw new BangerError('CONFIG_INVALID', `the configuration file ${file} has errors`, {
    details: { file, issues },
    why: issues.join('; '),
    fix: `correct the file; its keys are: ${Object.keys(KEYS).join(', ')}`,
  });
}

function flatten(table: object, prefix = ''): [string, unknown][] {
  return Object.entries(table).flatMap(([key, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? flatten(value as object, `${prefix}${key}.`)
      : [[`${prefix}${key}`, value]],
  );
}

function readPath(value: unknown, set: (path: string) => void): string | undefined {
  if (typeof value !== 'string' || !value.startsWith('/')) return 'must be an absolute path';
  set(value);
  return undefined;
}

function readInteger(value: unknown, min: number, max: number, set: (n: number) => void): string | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    return `must be a whole number from ${min} to ${max}`;
  }
  set(value);
  return undefined;
}

function readRange(
  value: unknown,
  max: number,
  set: (range: { from: number; to: number }) => void,
): string | undefined {
  const match = typeof value === 'string' ? /^(\d+)-(\d+)$/.exec(value) : null;
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  if (match === null || from < 1024 || to > max || from > to) return `must be a range such as "1024-${max}"`;
  set({ from, to });
  return undefined;
}
