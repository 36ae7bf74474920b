import { describe, expect, it, vi } from 'vitest';
import { openChannel } from './open-channel.js';
import type { SshChannel, SshConnection } from './ssh-client.js';
import { SshConnectError } from './ssh-errors.js';

describe('openChannel', () => {
  const gaveUp = new Error('gave up');
  const reason = (): Error => gaveUp;
  function command() {
    const close = vi.fn();
    return { close, channel: { close } as unknown as SshChannel };
  }
  function guest() {
    const answer = Promise.withResolvers<SshChannel>();
    const open = vi.fn(() => answer.promise);
    return { connection: { open } as unknown as SshConnection, open, answer };
  }

  it('gives the channel, which stays open', async () => {
    const { connection, open, answer } = guest();
    const { close, channel } = command();
    answer.resolve(channel);
    expect(await openChannel(connection, { line: 'id' }, new AbortController().signal, reason)).toBe(channel);
    expect(open).toHaveBeenCalledWith({ line: 'id' });
    expect(close).not.toHaveBeenCalled();
  });

  it('ends with the signal though the guest does not answer, and closes the channel that comes late', async () => {
    const { connection, answer } = guest();
    const caller = new AbortController();
    const opening = openChannel(connection, {}, caller.signal, reason);
    caller.abort();
    await expect(opening).rejects.toBe(gaveUp);
    const { close, channel } = command();
    answer.resolve(channel);
    await new Promise(setImmediate);
    expect(close).toHaveBeenCalledOnce();
  });

  it('starts nothing when the signal has aborted before', async () => {
    const { connection, open } = guest();
    await expect(openChannel(connection, {}, AbortSignal.abort(), reason)).rejects.toBe(gaveUp);
    expect(open).not.toHaveBeenCalled();
  });

  it('fails as the connection does, also unheard after the signal', async () => {
    const lost = new SshConnectError('lost', 'vm');
    const early = guest();
    early.answer.reject(lost);
    await expect(openChannel(early.connection, {}, new AbortController().signal, reason)).rejects.toBe(lost);
    const late = guest();
    const caller = new AbortController();
    const opening = openChannel(late.connection, {}, caller.signal, reason);
    caller.abort();
    await expect(opening).rejects.toBe(gaveUp);
    // an unhandled rejection would fail the run
    late.answer.reject(lost);
    await new Promise(setImmediate);
  });
});
