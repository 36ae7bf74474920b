import { describe, expect, it } from 'vitest';
import type { Config } from '../../core/config/index.js';
import { CancelledError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import type { SshClient, SshPool } from '../../core/ssh/index.js';
import type { GuestAccess } from '../access/guest-access.js';
import type { VmFiles } from '../vm-files.adapter.js';
import type { VmPathFinder } from '../vm-paths.js';
import type { Launched } from './launch.service.js';
import { GuestReadiness } from './guest-readiness.js';

describe('waiting for a guest', () => {
  it('ends at once when it is cancelled while its step is being written down', async () => {
    const readiness = new GuestReadiness(
      { values: { bootTimeoutMs: 3_600_000 } } as Config,
      {} as GuestAccess,
      {} as SshClient,
      {} as SshPool,
      {} as VmFiles,
      {} as VmPathFinder,
    );
    const cancel = new AbortController();
    const operation = {
      signal: cancel.signal,
      step: async (_kind: string, _title: string, body: () => Promise<void>) => {
        cancel.abort(new CancelledError('the start'));
        await body();
      },
    };
    const machine = {
      exited: new Promise(() => undefined),
      agent: {
        waitReady: ({ signal }: { signal: AbortSignal }) =>
          new Promise((_, fail) => {
            const give = (): void => fail(new Error('aborted'));
            if (signal.aborted) give();
            signal.addEventListener('abort', give);
          }),
      },
    };
    const waiting = readiness.wait(
      { machine } as unknown as Launched,
      operation as unknown as OperationContext,
      undefined,
    );
    await expect(waiting).rejects.toMatchObject({ kind: 'CANCELLED' });
  });
});
