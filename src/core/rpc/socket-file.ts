import { chmodSync, chownSync, existsSync, lstatSync, readFileSync, unlinkSync } from 'node:fs';
import { SocketPathTooLongError, toBangerError } from '../errors/index.js';
import { RpcClient } from './rpc-client.js';
import { DaemonAlreadyRunningError } from './rpc-errors.js';
import { asRecord } from './wire.js';

const PROBE_TIMEOUT_MS = 1_000;

/**
 * Makes way for a socket. A file that is there goes only when nothing accepts connections on it; two daemons that
 * start at once are kept apart by the lock of the state directory, not by this.
 * @throws SocketPathTooLongError, DaemonAlreadyRunningError, SocketForbiddenError
 */
export async function clearSocketPath(path: string): Promise<void> {
  SocketPathTooLongError.check(path);
  if (!existsSync(path)) return;
  let client: RpcClient;
  try {
    client = await RpcClient.connect({ socketPath: path, timeoutMs: PROBE_TIMEOUT_MS });
  } catch (error) {
    const failure = toBangerError(error);
    if (failure.kind !== 'DAEMON_UNREACHABLE') throw failure;
    // A queue of connections that is full has somebody at its other end.
    if ((failure.cause as NodeJS.ErrnoException).code === 'EAGAIN')
      throw new DaemonAlreadyRunningError(path, 0);
    unlinkSync(path);
    return;
  }
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const hello = await client.request('system.hello', {}, { signal }).catch(() => undefined);
    const { pid } = asRecord(hello);
    throw new DaemonAlreadyRunningError(path, typeof pid === 'number' ? pid : 0);
  } finally {
    await client.close();
  }
}

/** Tells a socket's file from another under the same path; undefined when there is none. */
export function socketInode(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}

/** Who may connect: the user alone, and the group where there is one of that name. Returns the mode that was set. */
export function protectSocket(path: string, group: string | undefined): number {
  const gid = group === undefined ? undefined : findGroup(group);
  const mode = gid === undefined ? 0o600 : 0o660;
  if (gid !== undefined) chownSync(path, process.getuid?.() ?? 0, gid);
  chmodSync(path, mode);
  return mode;
}

/** Node has no getgrnam(3); a group that only a directory service knows counts as absent. */
function findGroup(name: string): number | undefined {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const gid = Number(line?.split(':')[2]);
  return Number.isInteger(gid) ? gid : undefined;
}
