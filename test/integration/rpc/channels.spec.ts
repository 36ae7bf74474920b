import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openByteChannel } from '../../../src/core/rpc/client.js';
import { startHarness } from './rpc-harness.js';
import type { Harness } from './rpc-harness.js';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.stop());

describe('a byte channel', () => {
  it('carries input, both outputs and the exit status', async () => {
    const { token } = harness.channels.grant(async (channel) => {
      const input = await text(channel.stdin);
      channel.stdout.write(`out ${input}`);
      channel.stderr.write(`err ${input}`);
      await channel.exit({ exitCode: 7, signal: null });
    });
    const channel = await openByteChannel({ socketPath: harness.socketPath, token });
    channel.stdin.end('hello');
    expect(await Promise.all([text(channel.stdout), text(channel.stderr), channel.exited])).toEqual([
      'out hello',
      'err hello',
      { exitCode: 7, signal: null },
    ]);
  });
});
