import { ParamsInvalidError } from '../../core/rpc/index.js';
import { quoteShellWord } from '../../core/ssh/index.js';
import { EXEC_EXIT_CODES } from '../../contract/errors.js';

type Environment = Readonly<Record<string, string>>;

export interface GuestCommand {
  /** argv; a login shell when empty */
  readonly command: readonly string[];
  /** absolute directory in the guest */
  readonly cwd: string;
  /** variables added to those of the guest's login */
  readonly env?: Environment;
}

/**
 * The line that a guest's POSIX login shell runs as `shell -c LINE`. The shell is replaced by the command, so that
 * signals reach it and its status is the line's: 127 when it is not found, 126 when it cannot be executed,
 * 125 when the directory cannot be entered. Every argument arrives byte for byte.
 * @throws ParamsInvalidError for what no argument can carry: a NUL byte
 */
export function guestCommandLine({ command, cwd, env = {} }: GuestCommand): string {
  refuseNul(command, cwd, env);
  return `${changeDirectory(cwd)}${exported(env)}exec ${program(command, env)}`;
}

/**
 * env(1) is one more program to start, 60 ms in an emulated guest. It is left out where the shell can do the same: for
 * variables that no shell has a use of its own for, and a first word that is neither empty nor an option of its `exec`.
 */
function program(command: readonly string[], env: Environment): string {
  const [file, ...args] = command;
  if (file === undefined) return [...byEnv(env), '"${SHELL:-/bin/sh}"', '-l'].join(' ');
  const words = [file, ...args].map(quoteShellWord);
  if (/^[^-]/.test(file) && Object.keys(env).every(isOurs)) return words.join(' ');
  // To env a first word with "=" would be one more variable.
  const prefix = file.includes('=') ? ['sh', '-c', `'exec "$@"'`, 'sh'] : [];
  return [...byEnv(env), ...prefix, ...words].join(' ');
}

function byEnv(env: Environment): string[] {
  return ['env', '--', ...assignments(env, (name) => !isOurs(name))];
}

function exported(env: Environment): string {
  const ours = assignments(env, isOurs);
  return ours.length === 0 ? '' : `export ${ours.join(' ')}; `;
}

function isOurs(name: string): boolean {
  return name.startsWith('BANGER_');
}

function changeDirectory(cwd: string): string {
  const complaint = quoteShellWord(`banger: cannot change to the directory ${cwd} in the guest`);
  return `cd -- ${quoteShellWord(cwd)} || { printf '%s\\n' ${complaint} >&2; exit ${EXEC_EXIT_CODES.bangerFailed}; }; `;
}

function assignments(env: Environment, isWanted: (name: string) => boolean): string[] {
  return Object.entries(env)
    .filter(([name]) => isWanted(name))
    .map(([name, value]) => `${name}=${quoteShellWord(value)}`);
}

function refuseNul(command: readonly string[], cwd: string, env: Environment): void {
  const named: [path: string, text: string][] = [
    ...command.map((text, index): [string, string] => [`command.${index}`, text]),
    ['cwd', cwd],
    ...Object.entries(env).map(([name, text]): [string, string] => [`env.${name}`, text]),
  ];
  const issues = named
    .filter(([, text]) => text.includes('\0'))
    .map(([path]) => ({ path, message: `${path} has a NUL byte, which no program can be given` }));
  if (issues.length > 0) throw new ParamsInvalidError('vm.exec', issues);
}
