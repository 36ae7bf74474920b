import { UsageError } from './usage-error.js';

/** Facts of the process that the CLI may know; read once, in main.ts. */
export interface ProcessFacts {
  /** arguments after the program's name */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly uid: number;
  /** directory of the launcher: the checkout or the installation */
  readonly rootDirectory: string;
}

/** Options that every command understands, wherever they stand before `--`. */
export interface GlobalFlags {
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  noColor: boolean;
  socket?: string;
}

/** One run of the CLI: what was asked, and the exit status it will end with. */
export class Invocation {
  exitCode = 0;
  /**
   * Set by commands whose exit status is the guest's: banger's own failures then become 125, as in podman.
   * Usage errors stay 2 and cancelling stays 130.
   */
  guestExitCodes = false;

  constructor(
    readonly facts: ProcessFacts,
    /** argv without the global flags, up to `--` */
    readonly words: readonly string[],
    /** what followed `--`; undefined when there was no `--` */
    readonly passthrough: readonly string[] | undefined,
    readonly flags: Readonly<GlobalFlags>,
  ) {}

  /** Records a failure; the first one decides the exit status. */
  fail(exitCode: number): void {
    if (this.exitCode === 0) this.exitCode = exitCode;
  }
}

const SWITCHES: Readonly<Record<string, (flags: GlobalFlags) => void>> = {
  '--json': (flags) => (flags.json = true),
  '--quiet': (flags) => (flags.quiet = true),
  '--verbose': (flags) => (flags.verbose = true),
  '--no-color': (flags) => (flags.noColor = true),
};

/**
 * Takes the global flags out of argv and splits it at the first `--`. By hand, before commander: so the flags work
 * before and after the command's name, cost no start-up time per command, and are known when parsing itself fails.
 */
export function parseInvocation(facts: ProcessFacts): Invocation {
  const separator = facts.argv.indexOf('--');
  const own = separator < 0 ? facts.argv : facts.argv.slice(0, separator);
  const flags: GlobalFlags = { json: false, quiet: false, verbose: false, noColor: false };
  const words: string[] = [];
  for (let index = 0; index < own.length; index += 1) {
    const word = own[index] ?? '';
    // a word such as "constructor" is none, though every object has a member of that name
    const set = Object.hasOwn(SWITCHES, word) ? SWITCHES[word] : undefined;
    if (set !== undefined) set(flags);
    else if (word === '--socket') flags.socket = own[(index += 1)] ?? '';
    else if (word.startsWith('--socket=')) flags.socket = word.slice('--socket='.length);
    else words.push(word);
  }
  return new Invocation(facts, words, separator < 0 ? undefined : facts.argv.slice(separator + 1), flags);
}

/** @throws UsageError for a global flag without its value */
export function checkFlags(flags: GlobalFlags): void {
  if (flags.socket === '') throw new UsageError('--socket needs the path of the daemon’s socket');
}

export const GLOBAL_HELP = `
Options of every command:
  --json          the result as JSON on stdout
  --quiet         no progress
  --verbose       more detail in errors
  --no-color      plain text (so does NO_COLOR)
  --socket PATH   talk to the daemon on this socket`;
