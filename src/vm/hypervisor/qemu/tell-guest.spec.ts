import { describe, expect, it } from 'vitest';
import { FakeByteSocket } from '../../../../test/support/fakes/fake-byte-socket.js';
import { tellGuest } from './tell-guest.js';

const INPUT = Buffer.of(0, 255, 10);

function told({ timeoutMs = 10_000, signal = new AbortController().signal } = {}) {
  const socket = new FakeByteSocket();
  const answer = tellGuest(socket, INPUT, { vm: 'web', timeoutMs, signal });
  return { socket, answer };
}

describe('a process of the guest', () => {
  it('is told how long what comes is, and answers with a line; then the connection is over', async () => {
    const { socket, answer } = told();
    expect(Buffer.concat(socket.sent)).toEqual(Buffer.concat([Buffer.from('3\n'), INPUT]));
    socket.receive('do');
    socket.receive('ne\nand more\n');
    expect(await answer).toBe('done');
    await socket.closed;
  });

  it('that answers without an end is not listened to', async () => {
    const { socket, answer } = told();
    socket.receive('x'.repeat(5000));
    await expect(answer).rejects.toThrow('an answer of more than 4096 bytes');
    await socket.closed;
  });

  it('that does not answer in time, or before nobody waits any more, or is gone, is an error', async () => {
    const late = told({ timeoutMs: 5 });
    await expect(late.answer).rejects.toMatchObject({ kind: 'TIMEOUT' });
    await late.socket.closed;
    const given = new AbortController();
    const givenUp = told({ signal: given.signal });
    given.abort();
    await expect(givenUp.answer).rejects.toMatchObject({ kind: 'CANCELLED' });
    await givenUp.socket.closed;
    const gone = told();
    gone.socket.close();
    await expect(gone.answer).rejects.toThrow('the VMM closed the connection');
  });
});
