import type { Readable } from 'node:stream';

export interface RunRequest {
  /** executable, looked up in PATH when it has no slash */
  readonly file: string;
  /** argv after the executable; never a shell string */
  readonly args: readonly string[];
  readonly cwd?: string;
  /** the whole environment of the child; only PATH (with the sbin directories), HOME and LANG=C.UTF-8 when left out */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Buffer | Readable;
  readonly uid?: number;
  readonly gid?: number;
  readonly signal?: AbortSignal;
  /** `ms`; the child's process group is killed after it */
  readonly timeoutMs?: number;
  /** `bytes` of stdout kept; more ends the group and fails the run. 16 MiB when left out */
  readonly maxOutputBytes?: number;
  /** stdout counts against its bound, and goes to `onLine`, but is not kept */
  readonly discardOutput?: boolean;
  /** each line of stdout and stderr as it comes, for progress; bounded to 4 KiB a line */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface RunResult {
  readonly stdout: Buffer;
  /** last 8 KiB */
  readonly stderrTail: string;
}

/** A process told apart from a later one with the same pid: nothing is ever signalled without this check. */
export interface ProcessIdentity {
  readonly pid: number;
  /** field 22 of /proc/PID/stat, clock ticks since boot */
  readonly startTicks: number;
  /** target of /proc/PID/exe */
  readonly executable: string;
}

export interface FoundProcess {
  readonly identity: ProcessIdentity;
  readonly argv: readonly string[];
  /** resident memory; `bytes` */
  readonly memoryBytes: number;
}

export interface DetachedRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** file that receives stdout and stderr, created with mode 0600 */
  readonly logPath: string;
  /** file descriptors of this process that the child gets as 3, 4, …; they stay the caller's to close */
  readonly inherit?: readonly number[];
  /** how much it gives way to others: 0, the default, to 19 */
  readonly niceness?: number;
}

export interface ExitStatus {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A child in a session of its own, that outlives the daemon. */
export interface DetachedProcess {
  readonly identity: ProcessIdentity;
  /** settles when the child ends, as long as this daemon is its parent */
  readonly exited: Promise<ExitStatus>;
}

/** Runs programs. Failure is a `ProcessFailedError` with command, code and the tail of stderr. */
export abstract class ProcessRunner {
  /**
   * Runs to the end. Resolves on exit status 0 alone. On abort or timeout the whole process group gets SIGTERM,
   * SIGKILL 2 s later, and is reaped before the promise rejects, so that nothing is left running.
   * Waits for `exit` plus a bounded drain, never for `close`: a background child may keep the pipe open for ever.
   * A BangerError given as the reason of the abort is what the promise rejects with.
   * @throws ProcessFailedError, HostBinaryMissingError, OutputTooLargeError, CancelledError, TimeoutError
   */
  abstract run(request: RunRequest): Promise<RunResult>;

  /** Starts a program detached from the daemon. @throws HostBinaryMissingError */
  abstract spawnDetached(request: DetachedRequest): Promise<DetachedProcess>;

  /** The process that now has this pid, or undefined when there is none (a zombie counts as none). */
  abstract identify(pid: number): Promise<ProcessIdentity | undefined>;

  /** Whether exactly this process still runs. */
  abstract isAlive(identity: ProcessIdentity): Promise<boolean>;

  /** Signals exactly this process; false when it is gone. */
  abstract signal(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean>;

  /**
   * Resolves when exactly this process is gone; polls, so that it works for processes that are not
   * children. True when it is gone, false when the time or the signal ended the wait before; never rejects.
   */
  abstract waitForExit(
    identity: ProcessIdentity,
    options: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<boolean>;

  /** Processes whose command line contains this argument exactly; finds a VMM whose pid was never recorded. */
  abstract findByArgument(argument: string): Promise<ProcessIdentity[]>;

  /** Processes whose arguments, the program's name first, are wanted. */
  abstract findByArguments(wanted: (argv: readonly string[]) => boolean): Promise<FoundProcess[]>;
}
