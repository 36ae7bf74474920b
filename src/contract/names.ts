/** A DNS label, since a VM's name becomes `name.vm`. Apart from the DTOs, so that the CLI can afford it. */
export const VM_NAME_PATTERN = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The name of a VM, with `{n}` for a number. */
export const COPY_NAME_PATTERN = /^[a-z](?:[a-z0-9-]|\{n\}){0,80}$/;

/** Copies that one fork makes. */
export const MAX_COPIES = 100;

/**
 * How much of a repository goes into a VM. `shallow`: the commit, and so many before it; `full`: all commits, branches and
 * tags; `metadata`: the files alone, over one commit that is made up, without any history.
 */
export const WORKSPACE_MODES = ['shallow', 'full', 'metadata'] as const;
export type WorkspaceMode = (typeof WORKSPACE_MODES)[number];

/** What is told of a difference: all of it, how much it is by file, or the names alone. */
export const DIFF_FORMATS = ['patch', 'stat', 'name-only'] as const;
export type DiffFormat = (typeof DIFF_FORMATS)[number];

/** A branch that git takes, told before anything is asked of git; git itself has the last word. */
export const BRANCH_NAME_PATTERN =
  /^(?![-/.]|(?:HEAD|@)$)(?!.*(?:\.\.|\/\/|@\{|\/\.|\.lock(?:\/|$)))[^\p{C} ~^:?*[\\]{1,200}(?<![/.])$/u;

export const BRANCH_MESSAGE =
  'branch must be a name that git takes for a branch: no space, no .., none of ~^:?*[\\';

export const SNAPSHOT_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** The image that is used when none is named. */
export const DEFAULT_IMAGE = 'debian';

/** The key that a catalog is signed with: 44 characters of base64, which may begin as a path does, or PEM. */
export const PUBLIC_KEY_PATTERN = /^(?:[A-Za-z0-9+/]{43}=|-----BEGIN [^\0]{1,4000})$/;

/** What happens when a VM goes down without having been asked to. */
export const RESTART_POLICIES = ['no', 'on-failure', 'always'] as const;

export const SESSION_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** What happens when a session ends: the configured command is run, or its VM is stopped. */
export const SESSION_ON_EXIT = ['notify', 'stop-vm'] as const;
export type SessionOnExit = (typeof SESSION_ON_EXIT)[number];

export const OUTPUT_STREAMS = ['stdout', 'stderr'] as const;
export type OutputStream = (typeof OUTPUT_STREAMS)[number];

/** Signals of Linux on x86-64 and arm64; by hand, since node:os has the host's, which need not be the guest's. */
export const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
  SYS: 31,
};

/** The name of a signal, with SIG or without. */
export const SIGNAL_PATTERN = new RegExp(`^(?:SIG)?(?:${Object.keys(SIGNAL_NUMBERS).join('|')})$`);
/** Steps of copying files into and out of a VM; see VmCopyParams. */
export const COPY_TASKS = ['pack', 'unpack', 'look', 'write', 'finish', 'digest', 'read'] as const;
export type CopyTask = (typeof COPY_TASKS)[number];

/** `contents`: of a directory, without itself; `several`: anything, by name. */
export const COPY_SOURCE_KINDS = ['file', 'directory', 'contents', 'several'] as const;
export type CopySourceKind = (typeof COPY_SOURCE_KINDS)[number];
