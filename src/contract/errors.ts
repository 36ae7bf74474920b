/**
 * The error registry: every kind a client can meet, its category and the shape of its details.
 * Clients switch on `kind`; the numbers (JSON-RPC code, exit code) follow from the category alone.
 * Pure data without class-validator, so that the CLI's start-up can afford it.
 */

export type ErrorCategory =
  | 'invalid'
  | 'not-found'
  | 'conflict'
  | 'permission'
  | 'host'
  | 'unavailable'
  | 'timeout'
  | 'exhausted'
  | 'external'
  | 'cancelled'
  | 'internal';

interface CategoryCodes {
  /** JSON-RPC error code; application codes stay outside the reserved -32768…-32000 range, digits mirror HTTP */
  readonly rpcCode: number;
  /** process exit status of the CLI */
  readonly exitCode: number;
}

export const CATEGORY_CODES: Readonly<Record<ErrorCategory, CategoryCodes>> = {
  invalid: { rpcCode: -32602, exitCode: 2 },
  'not-found': { rpcCode: 1404, exitCode: 3 },
  conflict: { rpcCode: 1409, exitCode: 4 },
  permission: { rpcCode: 1403, exitCode: 5 },
  host: { rpcCode: 1412, exitCode: 6 },
  unavailable: { rpcCode: 1503, exitCode: 7 },
  timeout: { rpcCode: 1408, exitCode: 8 },
  exhausted: { rpcCode: 1429, exitCode: 9 },
  external: { rpcCode: 1502, exitCode: 10 },
  cancelled: { rpcCode: 1499, exitCode: 130 },
  internal: { rpcCode: -32603, exitCode: 70 },
};

/**
 * Exit codes of `vm run` and `vm exec` that are banger's own, as in podman, and in timeout(1); every other code is the
 * guest command's.
 */
export const EXEC_EXIT_CODES = {
  timedOut: 124,
  bangerFailed: 125,
  notExecutable: 126,
  notFound: 127,
} as const;

/** JSON-RPC 2.0's own codes, for errors of the protocol rather than of a method. */
export const PROTOCOL_CODES = { parse: -32700, invalidRequest: -32600, methodNotFound: -32601 } as const;

/** One thing that is wrong with a file of settings. */
export interface FileIssue {
  message: string;
  /** dotted, as written in TOML */
  key?: string;
  /** counts from 1, as `column` does */
  line?: number;
  column?: number;
  /** environment variable that the value came from, where it was none of the file */
  variable?: string;
  /** the known key that was probably meant */
  suggestion?: string;
}

export type CopySide = 'host' | 'guest';

export type VmResource = 'cpus' | 'memory' | 'disk' | 'work-disk';

/** Details by kind. Adding a kind here and in {@link ERROR_CATEGORIES} is all it takes to make it part of the API. */
export interface ErrorDetails {
  REQUEST_MALFORMED: { reason: string };
  METHOD_NOT_FOUND: { method: string };
  PARAMS_INVALID: { issues: { path: string; message: string }[] };
  CONFIG_INVALID: { file: string; issues: FileIssue[] };
  USAGE_INVALID: { reason: string };
  LIMIT_EXCEEDED: { limit: string; max: number };
  CHANNEL_TOKEN_INVALID: Record<string, never>;

  VM_NOT_FOUND: { vm: string };
  VM_AMBIGUOUS: { vm: string; matches: string[] };
  VM_NAME_TAKEN: { name: string };
  VM_BUSY: { vm: string; operation: string; operationId?: string };
  VM_WRONG_STATE: { vm: string; state: string; allowed: string[] };
  VM_RESOURCES_INVALID: { resource: VmResource; requested: number; min: number; max: number };
  /** settings that are not possible together */
  VM_SETTINGS_CONFLICT: { settings: string[] };
  VM_BOOT_FAILED: { vm: string; stage: string; consoleTail: string };
  /** what it keeps on the disk cannot be used any more */
  VM_DAMAGED: { vm: string; reason: string };
  VM_GUEST_UNREACHABLE: { vm: string; channel: 'agent' | 'ssh' };
  /**
   * `portConflict`: a host port that it was to forward was taken by another program; `outOfMemory`: the kernel killed
   * it for lack of memory
   */
  VMM_FAILED: {
    exitCode: number | null;
    signal: string | null;
    stderrTail: string;
    portConflict?: boolean;
    outOfMemory?: 'certain' | 'probable';
    consoleTail?: string;
  };
  VMM_PROTOCOL: { command: string; reason: string };

  COPY_SOURCE_NOT_FOUND: { path: string; side: CopySide };
  COPY_TARGET_INVALID: { path: string; side: CopySide; reason: string };
  /** another copy to the same file is under way */
  COPY_TARGET_BUSY: { path: string; side: CopySide };
  /** what the other side sent is nothing that may be put there */
  COPY_REFUSED: { reason: string };
  COPY_FAILED: { step: string; command: string; stderrTail: string };
  /** a file system of the guest's */
  VM_DISK_FULL: { vm: string; path: string };

  /** `reason`: damaged, or saved where something was another */
  SAVED_MEMORY_UNUSABLE: { vm: string; reason: string };
  SNAPSHOT_NOT_FOUND: { vm: string; snapshot: string; available: string[] };
  SNAPSHOT_NAME_TAKEN: { vm: string; snapshot: string };
  SNAPSHOT_DAMAGED: { vm: string; snapshot: string; reason: string };

  IMAGE_NOT_FOUND: { image: string; available: string[] };
  IMAGE_IN_USE: { image: string; vms: string[] };
  IMAGE_BUSY: { image: string; operation: string };
  IMAGE_BUILD_FAILED: { image: string; step: string; stderrTail: string };
  IMAGE_WITHOUT_WORK_DISK: { image: string };
  IMAGE_DAMAGED: { image: string; reason: string };
  /** `template`: its id */
  TEMPLATE_DAMAGED: { template: string; image: string; reason: string };
  TEMPLATE_OUTDATED: { template: string; image: string; reason: string };
  /** none can be made or used here */
  TEMPLATES_UNAVAILABLE: { reason: string };

  PROJECT_FILE_INVALID: { file: string; issues: FileIssue[] };
  /** `exitCode` of what ran in the guest */
  PROJECT_STEP_FAILED: {
    file: string;
    step: 'files' | 'setup';
    exitCode: number | null;
    outputTail: string;
  };
  WORKSPACE_NOT_A_REPOSITORY: { path: string };
  WORKSPACE_PATH_INVALID: { path: string; reason: string };
  WORKSPACE_IMPORT_FAILED: { path: string; step: string; stderrTail: string };
  /** `at`: the one that was asked for; `available`: directories in the guest */
  WORKSPACE_NOT_FOUND: { vm: string; at?: string; available: string[] };
  WORKSPACE_AMBIGUOUS: { vm: string; available: string[] };
  /** `path`: in the guest */
  WORKSPACE_TARGET_TAKEN: { vm: string; path: string };
  /** work in the guest that would be lost; `files`: what is not committed */
  WORKSPACE_HAS_WORK: { vm: string; path: string; commits: number; files: string[] };
  /** what the guest sent is not what a repository may hold, or is too large */
  WORKSPACE_WORK_REFUSED: { vm: string; reason: string };
  WORKSPACE_WORK_UNREADABLE: { vm: string; path: string; step: string; stderrTail: string };
  /** the host's repository, as it is, takes no work */
  WORKSPACE_REPOSITORY_UNUSABLE: { path: string; reason: string };
  /** `expected`: what banger left it at; absent when banger did not make it */
  WORKSPACE_BRANCH_TAKEN: { path: string; branch: string; expected?: string; found: string };
  /** `worktree`: working tree that has it checked out */
  WORKSPACE_BRANCH_CHECKED_OUT: { path: string; branch: string; worktree: string };
  WORKSPACE_TREE_DIRTY: { path: string; files: string[] };
  WORKSPACE_MERGE_CONFLICT: { path: string; into: string; files: string[] };
  /** a bundle of nothing was asked for */
  WORKSPACE_NO_WORK: { vm: string; path: string };
  /** two VMs were to be compared whose repositories are not the same */
  WORKSPACE_UNRELATED: { vms: string[]; paths: string[] };

  SESSION_NOT_FOUND: { session: string };
  SESSION_AMBIGUOUS: { session: string; matches: string[] };
  SESSION_NAME_TAKEN: { vm: string; name: string };
  SESSION_WRONG_STATE: { session: string; state: string };
  /** it was started without */
  SESSION_WITHOUT_INPUT: { session: string };
  /** something that takes several steps in the guest: the one that failed, its command and the end of what that said */
  GUEST_ACTION_FAILED: {
    vm: string;
    step: string;
    command: string;
    exitCode: number | null;
    stderrTail: string;
  };

  /** `resource`: kind in the ledger; `owner`: whose it is */
  RESOURCE_TAKEN: { resource: string; key: string; owner: string };
  OPERATION_NOT_FOUND: { operation: string };
  OPERATION_AMBIGUOUS: { operation: string; matches: string[] };
  OPERATION_INTERRUPTED: { operation: string };
  PREFLIGHT_FAILED: { findings: { check: string; problem: string; fix?: string }[] };

  DAEMON_UNREACHABLE: { socket: string };
  DAEMON_ALREADY_RUNNING: { pid: number; socket: string };
  DAEMON_START_FAILED: { logTail: string };
  SOCKET_FORBIDDEN: { socket: string };
  SOCKET_PATH_TOO_LONG: { path: string; max: number };
  CONNECTION_LOST: { socket: string };
  DATABASE_TOO_NEW: { file: string; unknownMigrations: string[] };
  DATABASE_MIGRATION_EDITED: { migration: string };
  /** `backup`: copy made before; none was needed for a new database */
  DATABASE_MIGRATION_FAILED: { migration: string; backup?: string };
  DATABASE_DAMAGED: { file: string; reason: string };
  STATE_DIR_UNUSABLE: { path: string; reason: string };

  HOST_BINARY_MISSING: { binary: string; packageName: string };
  HOST_UNSUPPORTED: { reason: string };
  HOST_PORT_EXHAUSTED: { from: number; to: number };
  HOST_UID_EXHAUSTED: { from: number; to: number };
  /** a port of the host; `vm`: the VM that has it, when it is one of ours */
  PORT_TAKEN: { address: string; port: number; protocol: string; vm?: string };
  PORT_UNUSABLE: { address: string; port: number; protocol: string; reason: string };
  DISK_FULL: { path: string };
  /** `MiB`: what VMs may have together, what those that there are have, and what was asked for */
  HOST_MEMORY_EXHAUSTED: { limitMib: number; takenMib: number; requestedMib: number };
  /** `backend`: the one wanted; absent when any would have done */
  DISK_BACKEND_UNAVAILABLE: { backend?: string; reasons: string[] };
  /** `path`: file of a VM's disk */
  VM_DISK_MISSING: { vm: string; path: string };
  PERMISSION_DENIED: { path: string; action: string };
  PROCESS_FAILED: {
    file: string;
    args: string[];
    exitCode: number | null;
    signal: string | null;
    stderrTail: string;
  };
  /** stdout of a command, which its reader has not left */
  OUTPUT_UNWRITABLE: { reason: string };
  TIMEOUT: { what: string; limitMs: number };
  CANCELLED: { what: string };
  INTERNAL: { ref?: string };
}

export type ErrorKind = keyof ErrorDetails;

export const ERROR_CATEGORIES: Readonly<Record<ErrorKind, ErrorCategory>> = {
  REQUEST_MALFORMED: 'invalid',
  METHOD_NOT_FOUND: 'invalid',
  PARAMS_INVALID: 'invalid',
  CONFIG_INVALID: 'invalid',
  USAGE_INVALID: 'invalid',
  LIMIT_EXCEEDED: 'exhausted',
  CHANNEL_TOKEN_INVALID: 'permission',

  VM_NOT_FOUND: 'not-found',
  VM_AMBIGUOUS: 'conflict',
  VM_NAME_TAKEN: 'conflict',
  VM_BUSY: 'conflict',
  VM_WRONG_STATE: 'conflict',
  VM_RESOURCES_INVALID: 'invalid',
  VM_SETTINGS_CONFLICT: 'invalid',
  VM_BOOT_FAILED: 'timeout',
  VM_DAMAGED: 'host',
  VM_GUEST_UNREACHABLE: 'timeout',
  VMM_FAILED: 'host',
  VMM_PROTOCOL: 'internal',

  COPY_SOURCE_NOT_FOUND: 'not-found',
  COPY_TARGET_INVALID: 'invalid',
  COPY_TARGET_BUSY: 'conflict',
  COPY_REFUSED: 'external',
  COPY_FAILED: 'external',
  VM_DISK_FULL: 'exhausted',

  SAVED_MEMORY_UNUSABLE: 'host',
  SNAPSHOT_NOT_FOUND: 'not-found',
  SNAPSHOT_NAME_TAKEN: 'conflict',
  SNAPSHOT_DAMAGED: 'host',

  IMAGE_NOT_FOUND: 'not-found',
  IMAGE_IN_USE: 'conflict',
  IMAGE_BUSY: 'conflict',
  IMAGE_BUILD_FAILED: 'external',
  IMAGE_WITHOUT_WORK_DISK: 'host',
  IMAGE_DAMAGED: 'host',
  TEMPLATE_DAMAGED: 'host',
  TEMPLATE_OUTDATED: 'host',
  TEMPLATES_UNAVAILABLE: 'host',

  PROJECT_FILE_INVALID: 'invalid',
  PROJECT_STEP_FAILED: 'external',
  WORKSPACE_NOT_A_REPOSITORY: 'invalid',
  WORKSPACE_PATH_INVALID: 'invalid',
  WORKSPACE_IMPORT_FAILED: 'external',
  WORKSPACE_NOT_FOUND: 'not-found',
  WORKSPACE_AMBIGUOUS: 'conflict',
  WORKSPACE_TARGET_TAKEN: 'conflict',
  WORKSPACE_HAS_WORK: 'conflict',
  WORKSPACE_WORK_REFUSED: 'external',
  WORKSPACE_WORK_UNREADABLE: 'external',
  WORKSPACE_REPOSITORY_UNUSABLE: 'conflict',
  WORKSPACE_BRANCH_TAKEN: 'conflict',
  WORKSPACE_BRANCH_CHECKED_OUT: 'conflict',
  WORKSPACE_TREE_DIRTY: 'conflict',
  WORKSPACE_MERGE_CONFLICT: 'conflict',
  WORKSPACE_NO_WORK: 'conflict',
  WORKSPACE_UNRELATED: 'conflict',

  SESSION_NOT_FOUND: 'not-found',
  SESSION_AMBIGUOUS: 'conflict',
  SESSION_NAME_TAKEN: 'conflict',
  SESSION_WRONG_STATE: 'conflict',
  SESSION_WITHOUT_INPUT: 'conflict',
  GUEST_ACTION_FAILED: 'external',

  RESOURCE_TAKEN: 'conflict',
  OPERATION_NOT_FOUND: 'not-found',
  OPERATION_AMBIGUOUS: 'conflict',
  OPERATION_INTERRUPTED: 'cancelled',
  PREFLIGHT_FAILED: 'host',

  DAEMON_UNREACHABLE: 'unavailable',
  DAEMON_ALREADY_RUNNING: 'conflict',
  DAEMON_START_FAILED: 'unavailable',
  SOCKET_FORBIDDEN: 'permission',
  SOCKET_PATH_TOO_LONG: 'host',
  CONNECTION_LOST: 'unavailable',
  DATABASE_TOO_NEW: 'host',
  DATABASE_MIGRATION_EDITED: 'host',
  DATABASE_MIGRATION_FAILED: 'host',
  DATABASE_DAMAGED: 'host',
  STATE_DIR_UNUSABLE: 'host',

  HOST_BINARY_MISSING: 'host',
  HOST_UNSUPPORTED: 'host',
  HOST_PORT_EXHAUSTED: 'exhausted',
  HOST_UID_EXHAUSTED: 'exhausted',
  PORT_TAKEN: 'conflict',
  PORT_UNUSABLE: 'invalid',
  DISK_FULL: 'exhausted',
  HOST_MEMORY_EXHAUSTED: 'exhausted',
  DISK_BACKEND_UNAVAILABLE: 'host',
  VM_DISK_MISSING: 'host',
  PERMISSION_DENIED: 'permission',
  PROCESS_FAILED: 'external',
  OUTPUT_UNWRITABLE: 'external',
  TIMEOUT: 'timeout',
  CANCELLED: 'cancelled',
  INTERNAL: 'internal',
};

/** The `data` member of a JSON-RPC error; also what `--json` prints under `"error"` together with the message. */
export interface ErrorData<K extends ErrorKind = ErrorKind> {
  kind: K;
  details: ErrorDetails[K];
  /** one sentence: the cause as far as it is known */
  why?: string;
  /** one sentence: what the user can do */
  fix?: string;
  /** correlation id, found again in the daemon's log */
  ref?: string;
}

export function isErrorKind(kind: string): kind is ErrorKind {
  return Object.hasOwn(ERROR_CATEGORIES, kind);
}

export function exitCodeOf(kind: ErrorKind): number {
  return CATEGORY_CODES[ERROR_CATEGORIES[kind]].exitCode;
}

export function rpcCodeOf(kind: ErrorKind): number {
  return CATEGORY_CODES[ERROR_CATEGORIES[kind]].rpcCode;
}
