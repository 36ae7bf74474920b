import { setTimeout as delay } from 'node:timers/promises';
import { VmmProtocolError } from '../../hypervisor.errors.js';
import type { QmpClient } from '../qmp-client.js';
import { isRecord } from '../qmp-protocol.js';

const POLL_MIN_MS = 2;
const POLL_MAX_MS = 10;

/** Memory that lies in a file is left out of the stream: it is in that file already. */
const CAPABILITIES = { capabilities: [{ capability: 'x-ignore-shared', state: true }] };

/**
 * QEMU's migration, to or from somewhere: both saving and restoring are one.
 * @throws VmmProtocolError when it fails; the signal's reason
 */
export async function migrate(
  qmp: QmpClient,
  command: 'migrate' | 'migrate-incoming',
  { uri, signal }: { uri: string; signal: AbortSignal },
): Promise<void> {
  await qmp.execute('migrate-set-capabilities', CAPABILITIES);
  await qmp.execute(command, { uri });
  await reach(qmp, 'completed', { command, signal });
}

/**
 * Waits until the one that is under way has come so far.
 * @returns false when it has not by the deadline
 * @throws VmmProtocolError when it failed; the signal's reason
 */
export async function reach(
  qmp: QmpClient,
  wanted: 'pre-switchover' | 'completed',
  {
    command = 'migrate',
    signal,
    deadline = Infinity,
  }: { command?: 'migrate' | 'migrate-incoming'; signal: AbortSignal; deadline?: number },
): Promise<boolean> {
  for (let pause = POLL_MIN_MS; performance.now() < deadline; pause = Math.min(pause * 1.5, POLL_MAX_MS)) {
    signal.throwIfAborted();
    const answer = await qmp.execute('query-migrate');
    const { status, 'error-desc': reason } = isRecord(answer) ? answer : {};
    if (status === wanted) return true;
    if (status === 'failed' || status === 'cancelled' || status === 'completed')
      throw new VmmProtocolError(command, typeof reason === 'string' ? reason.slice(0, 500) : status);
    await delay(pause);
  }
  return false;
}
