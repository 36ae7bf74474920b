import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BangerError } from '../core/errors/index.js';

export class DaemonAlreadyRunningError extends BangerError<'DAEMON_ALREADY_RUNNING'> {
  constructor(pid: number, socket: string, stateDirectory: string) {
    super('DAEMON_ALREADY_RUNNING', `a daemon already runs on ${stateDirectory} (process ${pid})`, {
      details: { pid, socket },
      fix: 'use that one, or stop it first: banger daemon stop',
    });
  }
}

/**
 * Takes the state directory for this process alone. The lock is the operating system's, held by SQLite on a file of
 * its own: Node has no flock, and a pid file outlives its writer, which is how peers end up with a stale lock.
 * It is gone the moment the process is, however that happened.
 * @returns gives the lock back
 */
export function takeStateDirectory(paths: {
  lock: string;
  socket: string;
  stateDirectory: string;
}): () => void {
  mkdirSync(dirname(paths.lock), { recursive: true, mode: 0o711 });
  const lock = new DatabaseSync(paths.lock, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new DaemonAlreadyRunningError(readPid(`${paths.lock}.pid`), paths.socket, paths.stateDirectory);
  }
  writeFileSync(`${paths.lock}.pid`, `${process.pid}\n`, { mode: 0o644 });
  return () => lock.close();
}

const SQLITE_BUSY = 5;

/** For the message alone; 0 when the other daemon has not written it yet. */
function readPid(path: string): number {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10) || 0;
  } catch {
    return 0;
  }
}
