import { expect, it, vi } from 'vitest';
import { CancelledError } from '../../core/errors/index.js';
import type { OperationContext, StepContext } from '../../core/operations/index.js';
import type { SshChannel } from '../../core/ssh/index.js';
import type { GuestAccess } from '../access/guest-access.js';
import type { Vm } from '../vm.types.js';
import type { Project } from './project-reader.js';
import { GuestRunner } from './guest-run.js';
import { ProjectStep } from './project-step.js';

it('a setup that is cancelled does not wait for a guest that does not answer', async () => {
  const answer = Promise.withResolvers<SshChannel>();
  const asked = Promise.withResolvers<void>();
  const open = (): Promise<SshChannel> => {
    asked.resolve();
    return answer.promise;
  };
  const stop = new AbortController();
  const operation = {
    signal: stop.signal,
    step: (_id: string, _text: string, body: (step: StepContext) => Promise<void>) =>
      body({ detail: () => undefined }),
  } as unknown as OperationContext;
  const access = { connect: () => Promise.resolve({ open }) } as unknown as GuestAccess;
  const project = { file: '/r/.banger.toml', settings: {}, files: [], setup: 'true' } as unknown as Project;
  const running = new ProjectStep(new GuestRunner(access)).run(
    { env: {} } as Vm,
    project,
    '/root/r',
    operation,
  );
  await asked.promise;
  const cancelled = new CancelledError('the creation');
  stop.abort(cancelled);
  await expect(running).rejects.toBe(cancelled);
  const late = { close: vi.fn() };
  answer.resolve(late as unknown as SshChannel);
  await new Promise(setImmediate);
  expect(late.close).toHaveBeenCalledOnce();
});
