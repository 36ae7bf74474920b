import { abortable } from '../concurrency/index.js';
import type { SshChannel, SshCommand, SshConnection } from './ssh-client.js';

/**
 * Starts a command, and waits for its channel no longer than until the signal: a guest that hangs never answers. A
 * channel that comes later is closed.
 * @param reason what to throw at the abort
 */
export async function openChannel(
  connection: SshConnection,
  command: SshCommand,
  signal: AbortSignal,
  reason: () => unknown,
): Promise<SshChannel> {
  if (signal.aborted) throw reason();
  const opening = connection.open(command);
  try {
    return await abortable(opening, signal, reason);
  } catch (error) {
    opening.then(
      (late) => late.close(),
      () => undefined,
    );
    throw error;
  }
}
