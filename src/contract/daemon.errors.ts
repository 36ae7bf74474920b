import type { ErrorCategory } from './error-category.js';

/** Of the daemon, the way to it, and its state. */
export interface DaemonErrorDetails {
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
}

export const DAEMON_ERRORS: Readonly<Record<keyof DaemonErrorDetails, ErrorCategory>> = {
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
};
