import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDiskFull, StateDirectoryUnusableError } from '../core/errors/index.js';
import { DaemonAlreadyRunningError } from '../core/rpc/index.js';

/**
 * Takes the state directory for this process alone. The lock is the operating system's, held by SQLite on a file of
 * its own: Node has no flock, and a pid file outlives its writer, which is how peers end up with a stale lock.
 * It is gone the moment the process is, however that happened.
 * @returns gives the lock back
 */
export function takeStateDirectory(paths: { lock: string; socket: string }): () => void {
  const lock = openLock(paths.lock);
  try {
    // A journal in memory: one in a file could not be begun on a full disk, and nothing is ever written.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY)
      throw new StateDirectoryUnusableError(dirname(paths.lock), {
        reason: (error as Error).message,
        cause: error,
      });
    throw new DaemonAlreadyRunningError(paths.socket, readPid(`${paths.lock}.pid`));
  }
  writePid(`${paths.lock}.pid`);
  return () => lock.close();
}

const SQLITE_BUSY = 5;

function openLock(path: string): DatabaseSync {
  const directory = dirname(path);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw new StateDirectoryUnusableError(directory, { reason: (error as Error).message, cause: error });
  }
}

/** For the message alone: a full disk does not keep the daemon from what frees space. */
function writePid(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`, { mode: 0o644 });
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

/** For the message alone; 0 when the other daemon has not written it yet. */
function readPid(path: string): number {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10) || 0;
  } catch {
    return 0;
  }
}
