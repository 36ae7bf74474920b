import type { ProcessRunner, RunRequest } from '../../core/process/index.js';
import { ProcessFailedError } from '../../core/process/index.js';

/** Who git runs as: the owner of the repository when the daemon is root, since a repository's config is its owner's code. */
export interface GitUser {
  readonly uid?: number;
  readonly gid?: number;
  /** where git finds the owner's own config */
  readonly home: string;
}

/** As of any program; 256 MiB of stdout are kept when nothing is said of it. */
export interface GitRun extends Pick<
  RunRequest,
  'stdin' | 'env' | 'maxOutputBytes' | 'discardOutput' | 'onLine'
> {
  readonly signal: AbortSignal;
}

/** `bytes` of names and ids; a repository of a million files stays below */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** What no config of the host may change: nothing is run, nothing is written, memory is bounded. */
const FIXED_CONFIG: Readonly<Record<string, string>> = {
  'core.fsmonitor': 'false',
  'core.hooksPath': '/dev/null',
  'core.untrackedCache': 'false',
  'core.splitIndex': 'false',
  'index.sparse': 'false',
  'core.fsync': 'none',
  'gc.auto': '0',
  // Larger files are streamed, not held in memory.
  'core.bigFileThreshold': '32m',
  // What is new is compressed in a hurry: it travels once, over loopback.
  'core.compression': '1',
  'pack.threads': '2',
  'pack.windowMemory': '64m',
};

const FIXED_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  // A partial clone would fetch what it lacks, by programs that its config names.
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: '',
  GIT_PAGER: 'cat',
};

/** Runs git plumbing on one repository of the host, in an environment that is the same everywhere. */
export class Git {
  constructor(
    private readonly runner: ProcessRunner,
    readonly directory: string,
    readonly user: GitUser,
    private readonly config: Readonly<Record<string, string>> = {},
    private readonly environment: Readonly<Record<string, string>> = {},
    private readonly bounds: readonly string[] = [],
  ) {}

  /**
   * The same, with more config or environment, or somewhere else.
   * @param options.bounds a program and its arguments which starts the others, with bounds set to what they may take
   */
  with(options: {
    config?: Record<string, string>;
    environment?: Record<string, string>;
    directory?: string;
    bounds?: readonly string[];
  }): Git {
    return new Git(
      this.runner,
      options.directory ?? this.directory,
      this.user,
      { ...this.config, ...options.config },
      { ...this.environment, ...options.environment },
      options.bounds ?? this.bounds,
    );
  }

  /** stdout. @throws ProcessFailedError, HostBinaryMissingError, CancelledError */
  async run(args: readonly string[], request: GitRun): Promise<Buffer> {
    return (await this.program('git', ['--no-pager', ...args], request)).stdout;
  }

  /** First line of stdout, or undefined when git says no by its status 1. */
  async query(args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.run(args, { signal })).toString('utf8').replace(/\n$/, '');
    } catch (error) {
      if (error instanceof ProcessFailedError && error.details.exitCode === 1) return undefined;
      throw error;
    }
  }

  /** Another program as the same user, in the same place; a git that it starts has the same config. */
  program(
    file: string,
    args: readonly string[],
    { env, maxOutputBytes = MAX_OUTPUT_BYTES, ...request }: GitRun,
  ): ReturnType<ProcessRunner['run']> {
    const { uid, gid, home } = this.user;
    const [first = file, ...others] = [...this.bounds, file, ...args];
    return this.runner.run({
      ...request,
      file: first,
      args: others,
      cwd: this.directory,
      env: {
        ...FIXED_ENVIRONMENT,
        HOME: home,
        ...configEnvironment({ ...FIXED_CONFIG, ...this.config }),
        ...this.environment,
        ...env,
      },
      maxOutputBytes,
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    });
  }
}

/** As environment, because `-c` cannot carry a key with "=" in it. */
function configEnvironment(config: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(config);
  const environment: Record<string, string> = { GIT_CONFIG_COUNT: String(entries.length) };
  for (const [index, [key, value]] of entries.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return environment;
}
