import { ParamsInvalidError } from '../../core/rpc/index.js';
import { quoteShellWord } from '../../core/ssh/index.js';
import { EXEC_EXIT_CODES } from '../../contract/errors.js';

export interface GuestCommand {
  /** argv; a login shell when empty */
  readonly command: readonly string[];
  /** absolute directory in the guest */
  readonly cwd: string;
  /** variables added to those of the guest's login */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * The line that a guest's POSIX login shell runs as `shell -c LINE`. The shell is replaced by the command, so that
 * signals reach it and its status is the line's: 127 when it is not found, 126 when it cannot be executed,
 * 125 when the directory cannot be entered. Every argument arrives byte for byte.
 * @throws ParamsInvalidError for what no argument can carry: a NUL byte
 */
export function guestCommandLine({ command, cwd, env = {} }: GuestCommand): string {
  refuseNul(command, cwd, env);
  return `${changeDirectory(cwd)}exec env -- ${[...assignments(env), ...program(command)].join(' ')}`;
}

function changeDirectory(cwd: string): string {
  const complaint = quoteShellWord(`banger: cannot change to the directory ${cwd} in the guest`);
  return `cd -- ${quoteShellWord(cwd)} || { printf '%s\\n' ${complaint} >&2; exit ${EXEC_EXIT_CODES.bangerFailed}; }; `;
}

function assignments(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${quoteShellWord(value)}`);
}

function program(command: readonly string[]): string[] {
  const [file, ...args] = command;
  if (file === undefined) return ['"${SHELL:-/bin/sh}"', '-l'];
  // To env a first word with "=" would be one more variable.
  const prefix = file.includes('=') ? ['sh', '-c', `'exec "$@"'`, 'sh'] : [];
  return [...prefix, quoteShellWord(file), ...args.map(quoteShellWord)];
}

function refuseNul(command: readonly string[], cwd: string, env: Readonly<Record<string, string>>): void {
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
