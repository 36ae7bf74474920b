import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { connectWhenReady } from './connect-when-ready.js';
import { SshConnectError } from './ssh-errors.js';
import type { SshClient, SshConnection } from './ssh-client.js';

const HOUR_MS = 3_600_000;
const target = { host: '127.0.0.1', port: 1, username: 'root', privateKey: '', hostKey: '' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A guest that answers at this attempt, 1 being the first; the host's clock is set after each. */
function guest(answersAt: number, jumpMs: number): { client: SshClient; attempts: () => number } {
  let attempts = 0;
  const connect = async (): Promise<SshConnection> => {
    attempts += 1;
    vi.setSystemTime(Date.now() + jumpMs);
    if (attempts < answersAt) throw new SshConnectError('unreachable', 'web');
    return {} as SshConnection;
  };
  return { client: { connect }, attempts: () => attempts };
}

it('goes on until the guest answers, although the clock was set forward by hours', async () => {
  const { client, attempts } = guest(3, 5 * HOUR_MS);
  const options = { deadlineMs: performance.now() + 10_000, retryDelayMs: 1 };
  await connectWhenReady(client, target, options);
  expect(attempts()).toBe(3);
});

it('gives up at its deadline, although the clock is set back again and again', async () => {
  const { client } = guest(Infinity, -HOUR_MS);
  const options = { deadlineMs: performance.now() + 100, retryDelayMs: 1 };
  await expect(connectWhenReady(client, target, options)).rejects.toMatchObject({ reason: 'unreachable' });
});
