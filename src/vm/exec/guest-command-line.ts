import { ParamsInvalidError } from '../../core/rpc/index.js';
import { bytesOfText, quoteShellWord, standsForBytes } from '../../core/ssh/index.js';
import { EXEC_EXIT_CODES } from '../../contract/errors.js';

/** `bytes` without the NUL at its end: MAX_ARG_STRLEN, PATH_MAX */
const MAX_ARGUMENT_BYTES = 131_071;
const MAX_PATH_BYTES = 4_095;

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
 * 125 when the directory cannot be entered. Every argument arrives byte for byte; what the guest gets are the
 * `bytesOfText` of the line.
 * @throws ParamsInvalidError for what no argument can carry: a NUL byte, or more bytes than Linux gives a program
 */
export function guestCommandLine({ command, cwd, env = {} }: GuestCommand): string {
  refuseImpossible(command, cwd, env);
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

interface Given {
  /** as in the parameters: `command.1`, `env.PATH` */
  readonly path: string;
  readonly text: string;
  /** `bytes` that a program can be given of it */
  readonly limit: number;
}

function refuseImpossible(command: readonly string[], cwd: string, env: Environment): void {
  const given: Given[] = [
    ...command.map((text, index) => ({ path: `command.${index}`, text, limit: MAX_ARGUMENT_BYTES })),
    { path: 'cwd', text: cwd, limit: MAX_PATH_BYTES },
    ...Object.entries(env).map(([name, text]) => ({
      path: `env.${name}`,
      text,
      limit: MAX_ARGUMENT_BYTES - name.length - '='.length,
    })),
  ];
  const issues = given.flatMap(({ path, text, limit }) => {
    const problem = problemOf(text, limit);
    return problem === undefined ? [] : [{ path, message: `${path} ${problem}` }];
  });
  if (issues.length > 0) throw new ParamsInvalidError('vm.exec', issues);
}

function problemOf(text: string, limit: number): string | undefined {
  if (text.includes('\0')) return 'has a NUL byte, which no program can be given';
  if (!text.isWellFormed() && !standsForBytes(text))
    return 'has half of a character: a surrogate without its other half, and none of U+DC80 to U+DCFF, which stand for bytes';
  // no unit of a string becomes more than three bytes
  if (text.length * 3 <= limit) return undefined;
  const { length } = bytesOfText(text);
  return length <= limit ? undefined : `has ${length} bytes, and Linux gives a program no more than ${limit}`;
}
