import { setTimeout as delay } from 'node:timers/promises';
import { cancellation } from '../errors/index.js';
import type { SshClient, SshConnection, SshTarget } from './ssh-client.js';
import { SshConnectError } from './ssh-errors.js';

export interface ConnectWhenReadyOptions {
  /** `ms` as performance.now() counts, which no change of the clock moves: after this no attempt is made */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  /** `ms` between a failed attempt and the next */
  readonly retryDelayMs?: number;
}

/**
 * `ms` for one attempt. Short attempts that are repeated overload a booting guest: a 0.3 s limit kept one from
 * ever answering, since each attempt costs it a key exchange.
 */
const ATTEMPT_MS = 30_000;
/** A refused connection costs the guest a packet; waiting longer after it is felt where a guest boots in a second. */
const RETRY_DELAY_MS = 50;

/**
 * Connects to a guest that may still be booting: tries again as long as the failure is one that time may cure.
 * @throws SshConnectError (the last one, at the deadline, or the first that is not retryable), CancelledError
 */
export async function connectWhenReady(
  client: SshClient,
  target: SshTarget,
  { deadlineMs, signal, retryDelayMs = RETRY_DELAY_MS }: ConnectWhenReadyOptions,
): Promise<SshConnection> {
  for (;;) {
    const timeoutMs = Math.max(1, Math.min(ATTEMPT_MS, deadlineMs - performance.now()));
    try {
      return await client.connect(target, { timeoutMs, ...(signal !== undefined && { signal }) });
    } catch (error) {
      const isOver = performance.now() + retryDelayMs >= deadlineMs;
      if (!(error instanceof SshConnectError) || !error.retryable || isOver) throw error;
    }
    await pause(retryDelayMs, signal);
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch {
    throw cancellation(signal, 'connecting to the guest');
  }
}
