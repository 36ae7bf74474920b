import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SshConnectError } from '../../core/ssh/index.js';
import type { SshChannel, SshConnection } from '../../core/ssh/index.js';
import { sendPack } from './send-pack.js';

describe('sendPack', () => {
  const cargo = () => ({ script: 'true', stream: Readable.from([Buffer.from('PACK')]), bytes: 4 });
  const progress = { detail: () => undefined };
  const guest = (answer: Promise<SshChannel>): SshConnection =>
    ({ open: () => answer }) as unknown as SshConnection;

  it('ends with the signal in front of a guest that does not answer', async () => {
    const stop = new AbortController();
    const pack = cargo();
    const sending = sendPack(guest(new Promise(() => undefined)), pack, progress, stop.signal);
    stop.abort();
    await expect(sending).rejects.toMatchObject({ kind: 'CANCELLED' });
    expect(pack.stream.destroyed).toBe(true);
  });

  it('closes the pack when the guest takes no command', async () => {
    const refused = new SshConnectError('refused-channel', 'vm');
    const pack = cargo();
    const sending = sendPack(guest(Promise.reject(refused)), pack, progress, new AbortController().signal);
    await expect(sending).rejects.toBe(refused);
    expect(pack.stream.destroyed).toBe(true);
  });
});
